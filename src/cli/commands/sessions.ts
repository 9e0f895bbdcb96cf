import type { KeptSession } from '../answers.ts'
import type { Call, Command } from '../command.ts'
import { localTime } from '../local-time.ts'
import { listingFor, output } from '../listing.ts'
import type { CliWorld } from '../world.ts'

export const sessions: Command = {
  name: 'sessions',
  usage: 'rolegate sessions [-o table|json|csv] | rolegate sessions end ID',
  summary: 'List your own terminals, and this sign-in; or end one of them.',
  options: {
    output,
  },
  words: { least: 0, most: 2 },
  completes: ['end'],
  async run(call) {
    const [act, id] = call.words
    if (act === undefined) return show(call)
    if (act !== 'end' || id === undefined) throw call.misused('To end one, name it: rolegate sessions end ID.')
    await (await call.connect()).gateway.endSession(id)
    call.say('Ended.')
    return 0
  },
}

async function show(call: Call): Promise<number> {
  const print = listingFor(call)
  const { read: kept, json: answer } = await (await call.connect()).gateway.sessions()
  print({ answer, table: () => tableRows(kept, call.world), csv: () => csvRows(kept) })
  if (kept.length === 0) call.say('No session is open.')
  return 0
}

function tableRows(kept: readonly KeptSession[], { now, timeZone }: CliWorld) {
  const when = (moment: Date) => localTime(moment, now(), timeZone)
  return [
    ['ID', 'BY', 'CLIENT', 'HOST', 'ADDRESS', 'SINCE', 'UNTIL', ''],
    ...kept.map(({ id, via, client, host, address, signedInAt, expiresAt, isCurrent }) => [
      id,
      via || '-',
      client || '-',
      host || '-',
      address || '-',
      when(signedInAt),
      when(expiresAt),
      isCurrent ? '(this one)' : '',
    ]),
  ]
}

const csvRows = (kept: readonly KeptSession[]) => [
  ['id', 'via', 'client', 'host', 'address', 'signed_in_at', 'expires_at', 'current'],
  ...kept.map(({ id, via, client, host, address, signedInAt, expiresAt, isCurrent }) => [
    id,
    via,
    client,
    host,
    address,
    signedInAt.toISOString(),
    expiresAt.toISOString(),
    String(isCurrent),
  ]),
]
