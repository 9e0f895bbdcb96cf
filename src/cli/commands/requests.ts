import { printDuration } from '../../domain/entitlement/duration.ts'
import type { Call, Command } from '../command.ts'
import { localTime } from '../local-time.ts'
import { isRequestId, type RoleRequest } from '../role-requests.ts'
import { listingFor, output } from '../listing.ts'
import type { CliWorld } from '../world.ts'

export const requests: Command = {
  name: 'requests',
  usage: 'rolegate requests [-o table|json|csv] [--answered | --search TEXT] [--page N] | rolegate requests cancel ID',
  summary: 'List what you asked for, and what waits for your answer, or what you answered; or take a request back.',
  options: {
    output,
    search: {
      type: 'string',
      value: 'TEXT',
      about: 'of what waits for your answer, that alone: by role, or by who asks',
    },
    page: {
      type: 'string',
      value: 'N',
      about: 'another page of what waits, or of what you answered: fifty stand on each',
    },
    answered: { type: 'boolean', about: 'what you answered of late, and how it stands, in place of all that' },
  },
  words: { least: 0, most: 2 },
  completes: ['cancel'],
  async run(call) {
    const [act, id] = call.words
    if (act === undefined) return show(call)
    if (act !== 'cancel' || id === undefined || !isRequestId(id))
      throw call.misused('To take one back, name it: rolegate requests cancel ID.')
    await (await call.connect()).gateway.cancelRequest(id)
    call.say('Taken back.')
    return 0
  },
}

async function show(call: Call): Promise<number> {
  const print = listingFor(call)
  const { text, flag, misused, connect, world, say } = call
  const [search, typed] = [text('search'), text('page')]
  if (flag('answered') && search !== undefined) throw misused('--search goes with what waits, and not with --answered.')
  if (typed !== undefined && !/^[1-9]\d{0,4}$/.test(typed)) throw misused('A page is a number, from 1 on.')
  const { gateway } = await connect()
  const { read, json: answer } = await gateway.requests({
    ...(search !== undefined && { search }),
    ...(typed !== undefined && { [flag('answered') ? 'answered' : 'page']: Number(typed) }),
  })
  const all = flag('answered') ? read.answered : [...read.waiting, ...read.own]
  print({ answer, table: () => tableRows(all, world), csv: () => csvRows(all) })
  if (flag('answered')) {
    if (all.length === 0) say('You answered nothing of late that is still yours to see.')
    if (read.answeredMore) say('You answered more, longer ago: --page N for another fifty.')
    return 0
  }
  if (all.length === 0) say('You asked for nothing of late, and nothing waits for your answer.')
  if (read.waitingMore > 0)
    say(`${read.waitingMore} more wait for your answer: --page N for another fifty, --search TEXT for fewer.`)
  if (read.ownMore > 0) say(`You asked for ${read.ownMore} more, longer ago.`)
  return 0
}

function tableRows(all: readonly RoleRequest[], { now, timeZone }: CliWorld) {
  const when = (moment: Date) => localTime(moment, now(), timeZone)
  const isAnswered = all.some(({ answeredBy }) => answeredBy !== '')
  return [
    ['ID', 'WHO', 'ROLE', 'FOR', 'STATE', 'ASKED', 'WHY', ...(isAnswered ? ['ANSWER'] : [])],
    ...all.map((request) => [
      request.id,
      request.isOwn ? 'you' : request.requester || '-',
      request.role || '-',
      printDuration(request.grantedSeconds ?? request.seconds),
      request.grantedUntil === undefined
        ? (STATES[request.status] ?? request.status)
        : `until ${when(request.grantedUntil)}`,
      when(request.askedAt),
      request.reason || '-',
      ...(isAnswered ? [answerOf(request)] : []),
    ]),
  ]
}

const answerOf = ({ answeredBy, note }: RoleRequest): string =>
  answeredBy === '' ? '-' : `${answeredBy}${note === '' ? '' : `: “${note}”`}`

const STATES: Readonly<Record<string, string>> = {
  asked: 'waiting',
  cancelled: 'taken back',
  expired: 'unanswered',
  ended: 'over',
  moot: 'nobody can answer',
  void: 'counts no more',
}

const csvRows = (all: readonly RoleRequest[]) => [
  [
    'id',
    'own',
    'requester',
    'role',
    'seconds',
    'status',
    'asked_at',
    'granted_until',
    'answered_by',
    'reason',
    'granted_seconds',
  ],
  ...all.map((request) => [
    request.id,
    String(request.isOwn),
    request.requester,
    request.role,
    String(request.seconds),
    request.status,
    request.askedAt.toISOString(),
    request.grantedUntil?.toISOString() ?? '',
    request.answeredBy,
    request.reason,
    String(request.grantedSeconds ?? ''),
  ]),
]
