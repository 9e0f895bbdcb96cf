import { fill, type Template } from './pattern.ts'
import type { PatternMatch, Rule } from './rule.ts'

/**
 * A group that fits a pattern but names an account or role outside the rule's fence, or one that does not exist:
 * perhaps a rogue group.
 */
export type Fenced = { readonly rule: string; readonly group: string; readonly named: string }

/**
 * How many letters patterns are indexed by. More letters tell more patterns apart, but not every fixed text has six.
 * Its last letters are used, as names differ most at the end.
 */
const LETTERS = [6, 3]
const END = 3
const ENDS = 8_192
const A_BEGINNING = 1
const A_TEXT = 2

type Placed = {
  readonly rule: Rule
  readonly match: PatternMatch
  readonly order: number
  /**
   * The rule narrowed to one role, shared by all groups that name that role. At most one for each role in the fence.
   */
  readonly byRole: Map<string, Rule>
  /** Of its pattern's names, where those begin with nothing fixed. */
  readonly within: string
}

/**
 * The patterns of one IdP, indexed by the text their names begin with, or else by a text they contain. A group is
 * compared only with patterns it could fit, so that ten thousand patterns cost a few look-ups a group. A pattern with
 * neither is compared with every group.
 */
export class PatternIndex {
  readonly #byLength = new Map<number, Map<string, Placed[]>>()
  /** By the last letters of the text, as many as the key says. */
  readonly #byLetters = new Map<number, Map<string, Placed[]>>(LETTERS.map((count) => [count, new Map()]))
  /**
   * A small filter by the last letters of the indexed texts: at most places in a name it says that there is nothing to
   * look up.
   */
  readonly #ends = new Uint8Array(ENDS)
  /** Sets holding a single account, shared by all groups that name it. At most one for each account. */
  readonly #alone = new Map<string, ReadonlySet<string>>()

  add(rule: Rule, match: PatternMatch, order: number): void {
    const { prefix } = match.pattern
    const within = prefix === '' ? match.pattern.within() : ''
    const placed = { rule, match, order, within, byRole: new Map<string, Rule>() }
    const count = LETTERS.find((letters) => letters <= within.length)
    const mark = (text: string, as: number) => {
      const end = endOf(text, text.length)
      this.#ends[end] = (this.#ends[end] ?? 0) | as
    }
    if (count !== undefined) {
      place(this.#byLetters.get(count) ?? new Map(), within.slice(-count), placed)
      mark(within, A_TEXT)
      return
    }
    const sameLength = this.#byLength.get(prefix.length) ?? new Map<string, Placed[]>()
    this.#byLength.set(prefix.length, sameLength)
    place(sameLength, prefix, placed)
    if (prefix.length >= END) mark(prefix, A_BEGINNING)
  }

  /**
   * Calls `met` for each rule this group meets, narrowed to what the group names, or `fenced` if it names something
   * outside the fence.
   */
  meet(group: string, met: (rule: Rule, order: number) => void, fenced: (kept: Fenced) => void): void {
    for (const placed of this.#couldFit(group)) {
      const { rule, match, order } = placed
      const captures = match.pattern.captures(group)
      if (captures === undefined) continue
      const account = saidBy(match.account, captures)
      const role = saidBy(match.role, captures)
      if (isOutside(rule.accounts, account) || isOutside(rule.roles, role))
        fenced({ rule: rule.id, group, named: `${account ?? '*'}/${role ?? '*'}` })
      else met(narrowed(placed, account === undefined ? undefined : this.#only(account), role), order)
    }
  }

  #only(account: string): ReadonlySet<string> {
    const known = this.#alone.get(account) ?? new Set([account])
    this.#alone.set(account, known)
    return known
  }

  #couldFit(group: string): readonly Placed[] {
    const found: Placed[] = []
    for (let length = 0; length < END && length <= group.length; length += 1) this.#findBeginning(group, length, found)
    const seen: (readonly Placed[])[] = []
    for (let at = END; at <= group.length; at += 1) {
      const mark = this.#ends[endOf(group, at)] ?? 0
      if ((mark & A_BEGINNING) > 0) this.#findBeginning(group, at, found)
      if ((mark & A_TEXT) > 0) this.#findText(group, at, seen, found)
    }
    return found
  }

  #findBeginning(group: string, length: number, found: Placed[]): void {
    const placed = this.#byLength.get(length)?.get(group.slice(0, length))
    if (placed !== undefined) for (const one of placed) found.push(one)
  }

  #findText(group: string, end: number, seen: (readonly Placed[])[], found: Placed[]): void {
    for (const [count, known] of this.#byLetters) {
      const placed = end < count ? undefined : known.get(group.slice(end - count, end))
      if (placed === undefined || seen.includes(placed)) continue
      seen.push(placed)
      for (const one of placed) if (group.includes(one.within)) found.push(one)
    }
  }
}

/** A hash of the three letters before `at`. Different letters may collide; that costs one needless look-up. */
const endOf = (text: string, at: number): number =>
  (text.charCodeAt(at - 3) * 961 + text.charCodeAt(at - 2) * 31 + text.charCodeAt(at - 1)) % ENDS

function place(shelf: Map<string, Placed[]>, key: string, placed: Placed): void {
  const known = shelf.get(key)
  if (known === undefined) shelf.set(key, [placed])
  else known.push(placed)
}

const saidBy = (template: Template | undefined, captures: Readonly<Record<string, string>>): string | undefined =>
  template && fill(template, captures)

const isOutside = (fence: ReadonlySet<string>, said: string | undefined): boolean =>
  said !== undefined && !fence.has(said)

/**
 * The rule, narrowed to the account and role that a group names. With an account, it is only ever looked at for that
 * account. With a role alone it covers every account of the rule, so all groups that name that role share one
 * (security.md M-17).
 */
function narrowed({ rule, byRole }: Placed, accounts: ReadonlySet<string> | undefined, role: string | undefined): Rule {
  if (accounts !== undefined) return { ...rule, accounts, roles: role === undefined ? rule.roles : new Set([role]) }
  if (role === undefined) return rule
  const known = byRole.get(role) ?? { ...rule, roles: new Set([role]) }
  byRole.set(role, known)
  return known
}
