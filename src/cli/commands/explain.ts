import { printDuration } from '../../domain/entitlement/duration.ts'
import type { Explained } from '../explained.ts'
import type { Command } from '../command.ts'
import { findRole } from '../find-role.ts'
import { inColumns } from '../table.ts'

export const explain: Command = {
  name: 'explain',
  usage: 'rolegate explain ROLE',
  summary: 'Say why you may take a role, or why not, and whom to ask.',
  options: {},
  words: { least: 1, most: 1 },
  completes: 'role',
  async run({ connect, world, json, words }) {
    const { gateway } = await connect()
    const wanted = words[0] ?? ''
    const { read, json: answer } = await gateway.explain(await nameOf(wanted))
    world.out(json ? `${JSON.stringify(answer, null, 2)}\n` : `${told(read).join('\n')}\n`)
    return 0

    /** A whole name is asked about as it is: it may be a role that is not theirs. A beginning means one of theirs. */
    async function nameOf(text: string): Promise<string> {
      if (/^arn:|^[a-z0-9-]+\/[a-z0-9-]+$/.test(text)) return text
      return findRole((await gateway.roles()).read, text).role
    }
  },
}

const BECAUSE: ReadonlyMap<string, string> = new Map([
  ['granted', 'available now'],
  ['denied_by_rule', 'forbidden by a rule'],
  ['not_entitled', 'no rule gives it to you'],
  ['condition_unmet', 'not under these conditions'],
  ['sign_in_required', 'too little of your sign-in is left: rolegate login'],
])

const LIMITS: ReadonlyMap<string, string> = new Map([
  ['role', 'the role'],
  ['rule', 'the rule'],
  ['sign-in', 'what is left of your sign-in'],
  ['least', 'AWS’s least'],
])

/** The same order as the decision is made in. */
function told({
  role,
  available,
  because,
  idp,
  groups,
  rules,
  unmet,
  limits,
  nearest,
  ask,
}: Explained): readonly string[] {
  const rows = [
    ['groups', `${groups.count} seen at ${idp}${groups.state === 'stated' ? '' : ` (${groups.state})`}`],
    ...underOne('rules', rules.map(ruleLine)),
    ...underOne('unmet', unmet),
    ...underOne(
      'limit',
      limits.map(({ by, seconds }) => `${printDuration(seconds)}  ${LIMITS.get(by) ?? by}`),
    ),
    ...underOne('instead', nearest),
    ...underOne('ask', available ? [] : ask),
  ]
  return [
    `${available ? '✓' : '✗'} ${role}: ${BECAUSE.get(because) ?? because}`,
    ...inColumns(rows).map((row) => `  ${row}`),
  ]
}

const underOne = (title: string, lines: readonly string[]): readonly (readonly string[])[] =>
  lines.map((line, at) => [at === 0 ? title : '', line])

function ruleLine({ rule, effect, isMet, group, wants }: Explained['rules'][number]): string {
  const verdict = isMet ? (effect === 'grant' ? '✓' : '✗') : '·'
  const whom = isMet ? (group === undefined ? 'everyone' : `your group ${group}`) : `wants ${wants.join(' or ')}`
  return `${verdict} ${rule}  ${effect === 'grant' ? 'gives it' : 'forbids it'}: ${whom}`
}
