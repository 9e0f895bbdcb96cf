import { lengthIn } from '../borrow.ts'
import type { Call, Command } from '../command.ts'
import { readExplained } from '../explained.ts'
import { isReason, LONGEST_REASON } from '../../domain/entitlement/conditions.ts'
import { parseDuration } from '../../domain/entitlement/duration.ts'
import { findRole } from '../find-role.ts'
import type { Gateway } from '../gateway.ts'
import { tellExplained } from '../tell-explained.ts'
import type { Somebody } from '../world.ts'

export const explain: Command = {
  name: 'explain',
  usage:
    'rolegate explain ROLE [--person NAME | --as-groups a,b [--as-group NAME]...] [--idp ID] [--at TIME] [--ip ADDR] [--mfa AGO] [--reason TEXT] [--config FILE]',
  summary: 'Say why you may take a role, or why not, and whom to ask.',
  options: {
    person: {
      type: 'string',
      value: 'NAME',
      about: 'say it of somebody signed in, by user name, verified e-mail or subject: for operators and auditors',
    },
    'as-groups': {
      type: 'string',
      value: 'a,b',
      about: 'say it of somebody in these groups: for operators and auditors',
    },
    'as-group': {
      type: 'string',
      multiple: true,
      value: 'NAME',
      about: 'one group, commas and all; may be given several times',
    },
    idp: { type: 'string', value: 'ID', about: 'the IdP that states those groups, or where that person signed in' },
    at: { type: 'string', value: 'TIME', about: 'when they ask, as 2026-03-02T09:00; default: whenever rules want' },
    ip: { type: 'string', value: 'ADDR', about: 'where they ask from; default: from where rules want' },
    mfa: {
      type: 'string',
      value: 'AGO',
      about: 'how long ago they used a second factor, as 5m, or none; default: as rules want',
    },
    reason: {
      type: 'string',
      value: 'TEXT',
      about: 'the reason that they give, or none; default: as rules want',
    },
    config: { type: 'string', value: 'FILE', about: 'ask this file in place of a gateway' },
  },
  words: { least: 1, most: 1 },
  completes: 'role',
  async run({ connect, world, json, words, text, texts, misused }) {
    const wanted = words[0] ?? ''
    const somebody = somebodyIn({ text, texts, misused })
    const file = text('config')
    const { read, json: answer } = file === undefined ? await byGateway() : await byFile(file)
    world.out(json ? `${JSON.stringify(answer, null, 2)}\n` : `${tellExplained(read).join('\n')}\n`)
    return 0

    async function byGateway() {
      const { gateway } = await connect()
      return somebody === undefined
        ? gateway.explain(await nameOf(wanted, gateway), lengthIn(undefined, { world }))
        : gateway.explain(wanted, somebody)
    }

    async function byFile(path: string) {
      if (somebody === undefined)
        throw misused('--config asks of nobody yet: add --as-groups (or --as-group) and --idp.')
      if ('person' in somebody) throw misused('--person is somebody signed in at a gateway: leave --config out.')
      const told = await world.explainFile(path, { role: wanted, ...somebody })
      return { read: readExplained(told), json: told }
    }

    /** A full name is sent as it is, as it may be a role they do not have. A prefix means one of theirs. */
    async function nameOf(name: string, gateway: Gateway): Promise<string> {
      if (/^arn:|^[a-z0-9-]+\/[a-z0-9-]+$/.test(name)) return name
      return findRole((await gateway.roles()).read, name).role
    }
  },
}

/** Somebody as these options describe them; none given: whoever asks. */
function somebodyIn({ text, texts, misused }: Pick<Call, 'text' | 'texts' | 'misused'>): Somebody | undefined {
  const single = texts('as-group')
  const [name, groups, idp, at, ip, mfa, reason] = ['person', 'as-groups', 'idp', 'at', 'ip', 'mfa', 'reason'].map(text)
  if (mfa !== undefined && mfa !== 'none' && !isAgo(mfa)) throw misused('--mfa takes how long ago, as 5m, or none.')
  if (ip !== undefined && !isAddress(ip)) throw misused(`“${ip}” is no address: write one, as 203.0.113.9.`)
  if (reason !== undefined && !isReason(reason))
    throw misused(`--reason takes one line of at most ${LONGEST_REASON} characters, or none.`)
  const moment = {
    ...(at !== undefined && { at: momentIn(at, misused) }),
    ...(ip !== undefined && { ip }),
    ...(mfa !== undefined && { mfa: mfa === 'none' ? (false as const) : mfa }),
    ...(reason !== undefined && { reason: reason === 'none' ? (false as const) : reason }),
  }
  if (name !== undefined) {
    if (groups !== undefined || single.length > 0)
      throw misused('--person has the groups of their sign-in: leave --as-groups and --as-group out.')
    return { person: { name, ...(idp !== undefined && { idp }), ...moment } }
  }
  if (single.length === 0 && [groups, idp, at, ip, mfa, reason].every((one) => one === undefined)) return undefined
  if (idp === undefined) throw misused('Say at which IdP, with --idp ID: the same name is another group elsewhere.')
  const all = [...(groups ?? '').split(',').flatMap((group) => group.trim() || []), ...single]
  return { as: { idp, groups: all, ...moment } }
}

const isAgo = (text: string): boolean => (parseDuration(text) ?? Infinity) <= 86_400

/** Roughly: the gateway knows better. */
const isAddress = (text: string): boolean => /^[0-9a-f.:]+$/i.test(text)

/** By the clock of this machine, where it names no zone. */
function momentIn(at: string, misused: Call['misused']): string {
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?$/.test(at) && !Number.isNaN(Date.parse(at))
  if (!isMoment) throw misused('--at takes a moment such as 2026-03-02T09:00, or with a zone 2026-03-02T09:00+01:00.')
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}
