import { printCredentials } from '../../domain/aws/credential-formats.ts'
import { asRolegateError } from '../../domain/errors.ts'
import { parseDuration } from '../../domain/entitlement/duration.ts'
import { borrowUnattended, DURATION_OPTION, REASON_OPTION, reasonGiven } from '../borrow.ts'
import type { Call, Command, Connection } from '../command.ts'
import { makeCredentialCache } from '../kept/credential-cache.ts'
import { type KeptCredentials, lastsFor } from '../kept/credentials.ts'
import { signInOf } from '../kept/places.ts'
import { LEAST_LEFT_SECONDS } from '../warm.ts'

/**
 * What `credential_process` in ~/.aws/config runs: SDKs read its stdout, and may log its stderr. Credentials that are
 * kept already are printed by warm.ts, before any of this is loaded.
 */
export const credentialProcess: Command = {
  name: 'credential-process',
  usage:
    'rolegate credential-process ROLE [-d DURATION] [--reason TEXT] [--min-ttl DURATION] [--no-cache] [--auto-login]',
  summary: 'Print credentials as AWS SDKs read them from credential_process. Never asks; opens no browser by itself.',
  options: {
    duration: DURATION_OPTION,
    reason: REASON_OPTION,
    'min-ttl': {
      type: 'string',
      value: 'DURATION',
      about: 'take kept credentials only when they last this long; default 15m',
    },
    'auto-login': { type: 'boolean', about: 'sign in with a browser here, when needed: one tab for all that wait' },
    'no-cache': { type: 'boolean', about: 'neither take kept credentials nor keep new ones' },
  },
  words: { least: 1, most: 1 },
  completes: 'role',
  failsOnOneLine: true,
  async run(call) {
    const leastMs = leastLeftSeconds(call) * 1000
    const obtain = usesCache(call) ? kept : fresh
    const { document } = await signedIn(call, (connection) => obtain(call, connection, leastMs))
    call.world.out(document)
    return 0
  },
}

/** Without --auto-login, a missing sign-in is a failure; with it, a reason to sign in once, and to try once more. */
async function signedIn<T>(call: Call, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await call.connect()
  const spent = call.flag('auto-login') ? signInOf(call.world, connection.origin) : undefined
  try {
    return await work(connection)
  } catch (thrown) {
    if (!call.flag('auto-login') || asRolegateError(thrown).code !== 'sign_in_required') throw thrown
    await (await import('../login/auto.ts')).autoLogin(connection, spent, call)
    return work(await call.connect())
  }
}

const usesCache = ({ flag, world }: Call): boolean =>
  !flag('no-cache') && world.env['ROLEGATE_TOKEN_STORE'] !== 'memory'

/** Parallel processes for one role make one hand-over together; for several roles, one renewal of the sign-in. */
async function kept(call: Call, connection: Connection, leastMs: number): Promise<KeptCredentials> {
  const { world, text, words } = call
  const cache = makeCredentialCache(world)
  const duration = text('duration') ?? world.env['ROLEGATE_DURATION'] ?? ''
  const reason = reasonGiven(call)
  const about = { origin: connection.origin, role: words[0] ?? '', duration }
  const wanted = reason === undefined ? about : { ...about, reason }
  const startedAt = world.now()
  const isEnough = (found: KeptCredentials) => lastsFor(found, leastMs, world.now())
  const found = cache.read(wanted)
  if (found !== undefined && isEnough(found)) return found
  // Before the lock: whoever is not signed in is told so, and holds up nobody.
  await connection.accessToken()
  // What another process got while this one waited is as good as anything this one would get.
  const isNew = (other: KeptCredentials) => isEnough(other) || other.obtainedAt >= startedAt
  return cache.obtain(wanted, isNew, () => fresh(call, connection))
}

async function fresh(call: Call, connection: Connection): Promise<KeptCredentials> {
  const { credentials, role } = await borrowUnattended(call, call.words[0] ?? '', connection)
  return {
    document: printCredentials('process', credentials, { profile: role }),
    expiresAt: credentials.expiresAt,
    obtainedAt: call.world.now(),
  }
}

function leastLeftSeconds({ text, misused }: Call): number {
  const typed = text('min-ttl')
  const seconds = typed === undefined ? LEAST_LEFT_SECONDS : parseDuration(typed)
  if (seconds === undefined) throw misused(`“${typed}” is no duration: write 15m, 3h or 1h30m.`)
  return seconds
}
