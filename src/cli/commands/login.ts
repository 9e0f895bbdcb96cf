import type { DeviceStart } from '../answers.ts'
import type { Call, Command, Connection } from '../command.ts'
import { waitForApproval } from '../device-flow.ts'
import { failure } from '../failure.ts'
import { localTime } from '../local-time.ts'
import { startDeviceLogin } from '../oauth.ts'
import { oneLine } from '../server-text.ts'
import { savedServer, saveServer } from '../settings.ts'
import { tokensOf } from '../signed-in.ts'

export const login: Command = {
  name: 'login',
  usage: 'rolegate login [--device]',
  summary: 'Sign in at the gateway, with a browser on this or any other device.',
  options: { device: { type: 'boolean', about: 'show a code to enter in a browser on any device' } },
  words: { least: 0, most: 0 },
  async run(call) {
    const connection = await call.connect()
    const { send, store, origin } = connection
    const { hostname: host, userName: user, version } = call.world
    // A folder that cannot be written to is found before anybody has gone to a browser.
    await store.alone(origin, () => store.read(origin))
    const start = await startDeviceLogin(send, { host, user, tool: `rolegate ${version}` })
    requireSameOrigin(start, origin)
    showCode(start, call)
    await sayNotes(connection, call)

    const granted = await waitForApproval(call.world, send, start)
    await store.alone(origin, () => store.keep(origin, tokensOf(granted, call.world.now())))
    await saveServer(origin, call.world)
    await welcome(connection, call)
    return 0
  },
}

/** threats.md D3: a hostile gateway could show another gateway's code, and take what is approved there. */
function requireSameOrigin({ verificationUri }: DeviceStart, origin: string): void {
  if (verificationUri.origin === origin) return
  throw failure('config_invalid', {
    title: 'The gateway wants the code entered at another address',
    detail: `It was reached at ${origin}, but says ${verificationUri.origin}.`,
    next: `If that is your gateway, sign in there: rolegate login --server ${verificationUri.origin}`,
  })
}

/** First of all, and even with -q: without it nobody can sign in. Never waits for a key. */
function showCode({ verificationUri, userCode, expiresInSeconds }: DeviceStart, { world }: Call): void {
  const minutes = Math.max(1, Math.floor(expiresInSeconds / 60))
  world.err(
    [
      'Sign in on any device with a browser:',
      `  1. Open   ${oneLine(verificationUri.href)}`,
      `  2. Enter  ${userCode}        (expires in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`,
      `Only approve it if the page shows host ${oneLine(world.hostname)}.`,
      '',
    ].join('\n'),
  )
}

async function sayNotes({ origin, source }: Connection, { flag, say, world }: Call): Promise<void> {
  if (!flag('device')) say('This version signs in with a code only; the same as rolegate login --device.')
  if ((await savedServer(world)) !== origin)
    say(`You have not signed in at ${origin} from here before; ${source} names it.`)
  if (world.env['ROLEGATE_TOKEN_STORE'] === 'memory')
    say('ROLEGATE_TOKEN_STORE=memory: the sign-in ends with this command.')
}

async function welcome({ gateway }: Connection, { world, say, json }: Call): Promise<void> {
  const { read: me, json: answer } = await gateway.whoami()
  const kind = me.via === 'device' ? ' (device session: no elevated roles)' : ''
  say(`✓ Signed in as ${me.username} until ${localTime(me.expiresAt, world.now(), world.timeZone)}${kind}.`)
  if (json) world.out(`${JSON.stringify(answer, null, 2)}\n`)
}
