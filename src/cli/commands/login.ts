import { NAME } from '../../domain/name.ts'
import type { ListedRole } from '../answers.ts'
import type { Call, Command, Connection } from '../command.ts'
import { failure } from '../failure.ts'
import { localTime } from '../local-time.ts'
import { signIn } from '../login/sign-in.ts'
import { isKnownServer } from '../settings.ts'

export const login: Command = {
  name: 'login',
  usage: 'rolegate login [--device] [--no-browser] [--qr] [--idp ID]',
  summary: 'Sign in at the gateway, with a browser on this or any other device.',
  options: {
    device: { type: 'boolean', about: 'show a code to enter in a browser on any device' },
    'use-device-code': { type: 'boolean', about: 'the same, by the name the AWS CLI gives it' },
    'no-browser': { type: 'boolean', about: 'print the address for a browser on this machine, and open none' },
    qr: { type: 'boolean', about: 'show a code, and a QR code of the page to enter it on' },
    idp: { type: 'string', value: 'ID', about: 'the identity provider to sign in at, if the browser is not signed in' },
  },
  words: { least: 0, most: 0 },
  async run(call) {
    const { flag, world } = call
    const idp = idpAsked(call)
    const connection = await call.connect()
    await approveOrigin(connection, call)
    if (world.env['ROLEGATE_TOKEN_STORE'] === 'memory')
      call.say('ROLEGATE_TOKEN_STORE=memory: the sign-in ends with this command.')
    const device = flag('device') || flag('use-device-code')
    await signIn(connection, { device, qr: flag('qr'), noBrowser: flag('no-browser'), idp }, call)
    await welcome(connection, call)
    return 0
  },
}

function idpAsked({ text, misused }: Call): string | undefined {
  const idp = text('idp')
  if (idp === undefined || NAME.test(idp)) return idp
  throw misused(`“${idp}” is no identity provider’s ID.`)
}

/**
 * threats.md D14: asks before signing in at a gateway that the environment names: it may come from a repository's
 * .envrc.
 */
async function approveOrigin({ origin, source }: Connection, { world, say }: Call): Promise<void> {
  if (await isKnownServer(origin, world)) return
  const said = `You have not signed in at ${origin} from here before; ${source} names it.`
  if (source === '--server' || !world.isTty.stdin || !world.isTty.stderr) return say(said)
  if (await world.confirm(`${said} Sign in there?`)) return
  throw failure('config_invalid', {
    title: 'Not signed in',
    detail: `${source} names ${origin}.`,
    next: 'Name the gateway you mean: rolegate login --server URL',
  })
}

async function welcome({ gateway }: Connection, { world, say, json }: Call): Promise<void> {
  const { read: me, json: answer } = await gateway.whoami()
  const until = localTime(me.expiresAt, world.now(), world.timeZone)
  const kind = me.via === 'device' ? ' (device session: no elevated roles)' : ''
  // If this fails, the sign-in still stands: the list is a greeting, and what completion will know.
  const roles = await gateway.roles().then(
    ({ read }) => ` ${me.via === 'device' ? countForDevice(read) : countOf(read)}`,
    () => '',
  )
  say(`✓ Signed in as ${me.username} until ${until}${kind}.${roles}`)
  if (json) world.out(`${JSON.stringify(answer, null, 2)}\n`)
}

/** The line has just said that such a session gets no elevated roles. */
function countForDevice(roles: readonly ListedRole[]): string {
  const plain = roles.filter(({ elevated }) => !elevated)
  return plain.length === 0 && roles.length > 0 ? 'No role is open to this terminal.' : countOf(plain)
}

function countOf(roles: readonly ListedRole[]): string {
  if (roles.length === 0) return 'No role is open to you.'
  // Listed separately, as on the approval page: a terminal gets elevated roles one at a time.
  const elevated = roles.filter((role) => role.elevated).length
  const plain = roles.filter((role) => !role.elevated)
  const accounts = new Set(plain.map(({ accountId }) => accountId)).size
  return [
    ...(plain.length > 0 ? [`${counted(plain.length, 'role')} in ${counted(accounts, 'account')}`] : []),
    ...(elevated > 0 ? [`${elevated} elevated`] : []),
  ]
    .join(', and ')
    .concat('.')
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
