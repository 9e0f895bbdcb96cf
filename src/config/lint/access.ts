import { printDuration } from '../../domain/entitlement/duration.ts'
import type { Mapping, Rule } from '../../domain/entitlement/rule.ts'
import { listed } from '../../domain/listed.ts'
import { shadowsIn, type Shadow } from '../../domain/policy/shadowed.ts'
import type { Advice, Findings } from '../faults.ts'
import { isMutable } from './mutable.ts'

/** Advice about what the rules mean together; each piece has a stable name (docs/reference/lints.md). */
export function lintAccess(mapping: Mapping, findings: Findings): void {
  lintShadows(mapping, findings)
  lintDenies(mapping, findings)
  lintRoles(mapping, findings)
}

const SAY: Readonly<Record<Shadow['how'], (others: string) => Advice>> = {
  'granted anyway': (others) => `opens nothing that is not open to the same people by ${others} anyway [shadowed-rule]`,
  'denied anyway': (others) => `opens nothing: all of it is closed by ${others} [shadowed-rule]`,
  'limit voided': (others) =>
    `asks for more than ${others}, where some of the same is open to the same people: its terms bind nobody there [voided-limit]`,
}

/** threats.md R11: a rule's limit promises nothing if another rule gives more; whoever relies on it should know. */
function lintShadows({ rules }: Mapping, findings: Findings): void {
  for (const { rule, by, how } of shadowsIn(rules)) {
    const ids = by.map((place) => `"${rules[place]?.id}"`)
    findings.warn(['rules', rule], SAY[how](listed(ids, MOST_RULES_NAMED)))
  }
}

/** threats.md I3: the same person may have a sign-in at another IdP. */
function lintDenies({ rules }: Mapping, findings: Findings): void {
  const open = openAt(rules)
  rules.forEach((rule, place) => {
    const { match, effect, accounts, roles } = rule
    if (effect !== 'deny' || !('idp' in match)) return
    const idps = [...open].filter(
      ([idp, rolesOf]) => idp !== match.idp && [...accounts].some((alias) => meet(rolesOf.get(alias), roles)),
    )
    if (idps.length === 0) return
    const closed = [...accounts].filter((alias) => idps.some(([, rolesOf]) => meet(rolesOf.get(alias), roles)))
    const others = listed(
      idps.map(([idp]) => idp),
      MOST_NAMED,
    )
    findings.warn(
      ['rules', place],
      `denies ${listed(closed, MOST_NAMED)} to people of ${match.idp} alone, and people of ${others} may have it: whoever signs in at both is not kept out; a deny without idp is for everyone [denied-at-one-idp]`,
    )
  })
}

/** By IdP and account: the roles its people may have. */
function openAt(rules: readonly Rule[]): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const open = new Map<string, Map<string, Set<string>>>()
  for (const { effect, match, accounts, roles } of rules) {
    if (effect !== 'grant' || !('idp' in match)) continue
    const byAccount = open.get(match.idp) ?? new Map<string, Set<string>>()
    open.set(match.idp, byAccount)
    for (const alias of accounts) {
      const known = byAccount.get(alias)
      if (known === undefined) byAccount.set(alias, new Set(roles))
      else for (const key of roles) known.add(key)
    }
  }
  return open
}

const meet = (some: ReadonlySet<string> = new Set(), others: ReadonlySet<string>): boolean =>
  [...some].some((one) => others.has(one))

const MOST_NAMED = 3
/** Each is a pair that somebody may have to mend; hundreds of them are no line. */
const MOST_RULES_NAMED = 20

/** Longer than anybody breaks glass for. */
const LONG_SECONDS = 4 * 3600

function lintRoles({ roles, rules }: Mapping, findings: Findings): void {
  for (const { key, elevated, maxSeconds, sessionTags } of roles.values()) {
    if (elevated && maxSeconds > LONG_SECONDS && isUnlimited(key, rules))
      findings.warn(
        ['roles', key, 'max_duration'],
        `lets an elevated role last ${printDuration(maxSeconds)}; no rule makes it shorter [role-without-limit]`,
      )
    for (const [tag, source] of Object.entries(sessionTags)) {
      if ('claim' in source && isMutable(source.claim))
        findings.warn(
          ['roles', key, 'session_tags', tag],
          `claims.${source.claim} can change and pass to another person, and AWS policies decide by this tag [mutable-claim]`,
        )
    }
  }
}

const isUnlimited = (key: string, rules: readonly Rule[]): boolean =>
  rules.some(
    ({ effect, roles, maxSeconds = Number.POSITIVE_INFINITY }) =>
      effect === 'grant' && roles.has(key) && maxSeconds > LONG_SECONDS,
  )
