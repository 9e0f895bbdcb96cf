import type { KeptSession } from '../answers.ts'
import type { Call, Command } from '../command.ts'
import { localTime } from '../local-time.ts'
import { inColumns, toCsv } from '../table.ts'
import type { CliWorld } from '../world.ts'

const FORMS = ['table', 'json', 'csv']

export const sessions: Command = {
  name: 'sessions',
  usage: 'rolegate sessions [-o table|json|csv] | rolegate sessions end ID',
  summary: 'List your own terminals, and this sign-in; or end one of them.',
  options: {
    output: { type: 'string', short: 'o', value: 'FORM', oneOf: FORMS, about: 'table (default), json or csv' },
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

async function show({ text, json, misused, connect, world, say }: Call): Promise<number> {
  const form = text('output') ?? (json ? 'json' : 'table')
  if (!FORMS.includes(form)) throw misused(`“${form}” is no form: write ${FORMS.join(', ')}.`)
  const { gateway } = await connect()
  const { read: kept, json: answer } = await gateway.sessions()
  if (form === 'json') world.out(`${JSON.stringify(answer, null, 2)}\n`)
  else if (form === 'csv') world.out(toCsv(csvRows(kept)))
  else if (kept.length > 0) world.out(`${inColumns(tableRows(kept, world)).join('\n')}\n`)
  if (kept.length === 0) say('No session is open.')
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
