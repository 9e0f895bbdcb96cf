import type { ConfigFacts } from '../../domain/aws/config-file/facts.ts'
import type { Call, Connection } from '../command.ts'
import { readMark } from '../kept/places.ts'
import { localTime } from '../local-time.ts'
import { readLoginOffers, type LoginOffers } from '../login/offers.ts'
import { loginWay } from '../login/way.ts'
import { openerOf } from '../open-browser.ts'
import type { Answer } from '../send.ts'
import type { CliWorld } from '../world.ts'
import { fail, failed, ok, warn, type Finding } from './finding.ts'

const MOST_SKEW_SECONDS = 30
const FORGETS = warn('kept in', 'Nowhere: each command forgets the sign-in when it ends.', 'unset ROLEGATE_TOKEN_STORE')

/** Whether the gateway answers, by which clock, and how it signs terminals in. */
export async function checkReach({ origin, send }: Connection, world: CliWorld): Promise<readonly Finding[]> {
  let answered: Answer | undefined
  try {
    const offers = await readLoginOffers(async (ask) => (answered = await send(ask)), origin)
    const tls = origin.startsWith('https:') ? ', and its certificate is trusted' : ''
    return [
      ok('reach', `It answers${tls}.`),
      ...clockFindings(answered?.date, world.now()),
      ...(await browserFindings(offers, world)),
    ]
  } catch (thrown) {
    return [failed('reach', thrown), ...clockFindings(answered?.date, world.now())]
  }
}

/** A sign-in, a token and AWS's own signatures all have times in them. */
function clockFindings(theirs: Date | undefined, ours: Date): readonly Finding[] {
  if (theirs === undefined) return []
  const ahead = Math.round((ours.getTime() - theirs.getTime()) / 1000)
  if (Math.abs(ahead) <= MOST_SKEW_SECONDS) return [ok('clock', 'It agrees with the gateway’s.')]
  const says = `This machine is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} the gateway.`
  return [warn('clock', says, 'Set the clock by the network: AWS refuses what is signed at the wrong time.')]
}

/** Whether a browser here could finish a sign-in: it has to reach a port of this very machine. */
async function browserFindings(offers: LoginOffers, world: CliWorld): Promise<readonly Finding[]> {
  const check = 'browser'
  try {
    const way = loginWay({ device: false, qr: false, noBrowser: false }, offers, world)
    const because = way.because ?? ''
    if (way.by === 'code') return [warn(check, because, 'Nothing need be done: rolegate login shows a code.')]
    if (because !== '') return [warn(check, because, 'Sign in where a browser can open.')]
    const listener = await world.listen(() => ({ status: 404, body: '' }))
    listener?.close()
    if (listener === undefined) {
      const next = offers.code
        ? 'rolegate login will show a code instead.'
        : 'Allow programs of yours to listen on 127.0.0.1.'
      return [warn(check, 'No port on 127.0.0.1 can be opened, to which a browser would bring the sign-in.', next)]
    }
    if (!hasOpener(world)) {
      return [warn(check, 'Nothing here opens a browser (xdg-open).', 'rolegate login prints the address to open.')]
    }
    return [ok(check, 'rolegate login opens a browser here.')]
  } catch (thrown) {
    return [failed(check, thrown)]
  }
}

/** macOS and Windows have theirs; on Linux it is a program that may be missing. */
function hasOpener(world: CliWorld): boolean {
  const [command] = openerOf(world) ?? []
  if (command !== 'xdg-open') return command !== undefined
  return (world.env['PATH'] ?? '').split(':').some((folder) => folder !== '' && world.exists(`${folder}/${command}`))
}

/** Who is signed in, where that is kept, whether the two programs belong together; and the facts of the config file. */
export async function checkSignIn(
  { gateway, store, origin }: Connection,
  { world }: Call,
): Promise<{ readonly findings: readonly Finding[]; readonly facts?: ConfigFacts }> {
  const check = 'sign-in'
  try {
    if ((await store.read(origin)) === undefined) {
      const forgets = world.env['ROLEGATE_TOKEN_STORE'] === 'memory' ? [FORGETS] : []
      return { findings: [fail(check, 'You are not signed in here.', 'rolegate login'), ...forgets] }
    }
    const { read: me } = await gateway.whoami()
    const until = localTime(me.expiresAt, world.now(), world.timeZone)
    const findings = [ok(check, `${me.username}, until ${until}.`), keptFinding(world, origin)]
    const { facts, gatewayVersion } = (await gateway.awsConfig()).read
    return { findings: [...findings, versionFinding(gatewayVersion, world.version)], facts }
  } catch (thrown) {
    return { findings: [failed(check, thrown)] }
  }
}

function keptFinding(world: CliWorld, origin: string): Finding {
  const check = 'kept in'
  return readMark(world, origin)?.store === 'keychain'
    ? ok(check, 'The keychain of this machine.')
    : ok(check, 'An encrypted file: it keeps other people out, not programs that run as you.')
}

/** The same but for the last number is the same. */
function versionFinding(gateway: string, client: string): Finding {
  const [theirs, ours] = [gateway, client].map((version) => version.split('.').slice(0, 2).join('.'))
  const says = `The gateway is ${gateway}, this program ${client}.`
  return theirs === ours ? ok('versions', says) : warn('versions', says, 'Use the program of the gateway’s version.')
}
