import { printDuration } from '../domain/entitlement/duration.ts'
import type { Explained } from './explained.ts'
import { inColumns } from './table.ts'

const BECAUSE: ReadonlyMap<string, string> = new Map([
  ['granted', 'available now'],
  ['denied_by_rule', 'forbidden by a rule'],
  ['not_entitled', 'no rule gives it to you'],
  ['condition_unmet', 'not under these conditions'],
  ['step_up_required', 'not without a fresh sign-in'],
  ['approval_required', 'not without an approval'],
  ['sign_in_required', 'too little of your sign-in is left: rolegate login'],
])

const LIMITS: ReadonlyMap<string, string> = new Map([
  ['role', 'the role'],
  ['rule', 'the rule'],
  ['sign-in', 'what is left of your sign-in'],
  ['approval', 'what is left of its approval'],
  ['least', 'AWS’s least'],
])

/** Where the same is said of somebody imagined. */
const OF_OTHERS: ReadonlyMap<string, string> = new Map([
  ['not_entitled', 'no rule gives it to them'],
  ['sign-in', 'a new sign-in'],
])

const OF_SIGNED_IN: ReadonlyMap<string, string> = new Map([
  ['not_entitled', 'no rule gives it to them'],
  ['sign-in', 'what is left of their sign-in'],
  ['sign_in_required', 'too little of their sign-in is left'],
])

/** Whole minutes: groups are as old as the sign-in that stated them. */
const ageOf = (person: Explained['person']): string =>
  person === undefined
    ? ''
    : `, read ${person.ageSeconds < 60 ? 'just now' : `${printDuration(person.ageSeconds - (person.ageSeconds % 60))} ago`}`

const NOT_THEM: ReadonlyMap<string, string> = new Map([
  ['other_group', 'other groups'],
  ['other_idp', 'another IdP'],
  ['jobs_only', 'jobs'],
])

/** An explanation in lines, in the order the decision is made in. */
export function tellExplained(explained: Explained): readonly string[] {
  const {
    role,
    available,
    because,
    idp,
    groups,
    rules,
    conditions,
    unmet,
    limits,
    usual,
    nearest,
    ask,
    isPending,
    config,
    person,
  } = explained
  const isOther = config !== undefined
  const others = person === undefined ? OF_OTHERS : OF_SIGNED_IN
  const words = (known: ReadonlyMap<string, string>, word: string) =>
    (isOther ? others.get(word) : undefined) ?? known.get(word) ?? word
  const rows = [
    ...(person === undefined ? [] : [['person', `${person.username} (${person.subject}) at ${person.idp}`]]),
    [
      'groups',
      `${groups.count} seen at ${idp}${groups.state === 'stated' ? '' : ` (${groups.state})`}${ageOf(person)}`,
    ],
    ...underOne('rules', rules.map(isOther ? ruleAbout : ruleLine)),
    ...underOne('require', conditions.map(conditionLine)),
    ...underOne('unmet', unmet),
    ...(explained.bindIp ? [['bound', 'to the address that asks: AWS takes its credentials from nowhere else']] : []),
    ...underOne(
      'limit',
      limits.map(
        ({ by, seconds, binds }) =>
          `${printDuration(seconds)}  ${words(LIMITS, by)}${by === 'rule' ? usedIn(rules) : ''}${binds ? ', which binds' : ''}`,
      ),
    ),
    ...(usual === undefined ? [] : [['usual', usualLine(usual)]]),
    ...(explained.isElevated ? [['each', 'takes a fresh sign-in of its own, confirmed in a browser']] : []),
    ...underOne('instead', nearest),
    ...underOne('ask', available ? [] : ask),
    ...(isOther ? [['config', config]] : []),
  ]
  const isToAsk = because === 'approval_required' && !isOther
  return [
    `${available ? '✓' : '✗'} ${role}: ${words(BECAUSE, because)}`,
    ...inColumns(rows).map((row) => `  ${row}`),
    ...(isToAsk ? [isPending ? ASKED : `→ rolegate request ${role} --reason "why" --wait`] : []),
  ]
}

const usedIn = (rules: Explained['rules']): string =>
  rules.flatMap(({ rule, isUsed }) => (isUsed ? [` ${rule}`] : [])).join('')

function usualLine({ seconds, isCut, until, timeZone }: NonNullable<Explained['usual']>): string {
  const named = until === '' ? '' : `${isCut ? ', cut short of' : ', until'} ${until} in ${timeZone}`
  return `${printDuration(seconds)}${named}`
}

const ASKED = '→ you have asked for it, and nobody has answered yet: rolegate requests'

const underOne = (title: string, lines: readonly string[]): readonly (readonly string[])[] =>
  lines.map((line, at) => [at === 0 ? title : '', line])

/** `✗ ip  203.0.113.0/24, seen 198.51.100.1  (rule office)` */
function conditionLine({
  condition,
  met,
  assumed,
  wants,
  saw,
  rule,
  approvers,
}: Explained['conditions'][number]): string {
  const seen = assumed
    ? ', taken as met'
    : saw === ''
      ? ''
      : condition === 'mfa_within'
        ? `, last ${saw} ago`
        : condition === 'approval'
          ? `, given by ${saw}`
          : `, seen ${saw}`
  const by = approvers.length === 0 ? '' : ` by ${approvers.join(' or ')}`
  // A reason may be asked for in no words.
  return `${met ? '✓' : '✗'} ${condition}  ${wants === '' ? 'any' : wants}${by}${seen}${rule === '' ? '' : `  (rule ${rule})`}`
}

type Ruling = Explained['rules'][number]

const signOf = ({ isMet, effect }: Ruling): string => (isMet ? (effect === 'grant' ? '✓' : '✗') : '·')
const effectOf = ({ effect }: Ruling): string => (effect === 'grant' ? 'gives it' : 'forbids it')

function ruleLine(ruling: Ruling): string {
  const { rule, isMet, isUsed, group, wants, fenced } = ruling
  const other = fenced === undefined ? `wants ${wants.join(' or ')}` : `its fence kept out your group ${fenced}`
  const whom = isMet ? (group === undefined ? 'everyone' : `your group ${group}`) : other
  return `${signOf(ruling)} ${rule}  ${effectOf(ruling)}: ${whom}${isUsed ? ', used' : ''}`
}

function ruleAbout(ruling: Ruling): string {
  const { rule, isMet, group, of = '', verdict = '', fenced } = ruling
  const met = group === undefined ? 'everyone' : `group ${group}`
  const not = fenced === undefined ? (NOT_THEM.get(verdict) ?? verdict) : `its fence kept out ${fenced}`
  return `${signOf(ruling)} ${rule}  ${effectOf(ruling)}: ${isMet ? met : `${not}; it says ${of}`}`
}
