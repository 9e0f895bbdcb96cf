import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RolegateError } from '../../domain/errors.ts'
import type { Call, Connection } from '../command.ts'
import { failure } from '../failure.ts'
import { configFolder, fileNameOf, signInOf } from '../kept/places.ts'
import { withLock } from '../lock.ts'
import { readJson, writeJson } from '../private-file.ts'
import { recordOf } from '../record.ts'
import { isKnownServer } from '../settings.ts'
import type { CliWorld } from '../world.ts'
import { signInByBrowser } from './by-browser.ts'
import { keepNew } from './keep-new.ts'
import { readLoginOffers } from './offers.ts'
import { claimsOf } from './sign-in.ts'
import { loginWay } from './way.ts'

/** The browser is waited for five minutes, and a keychain two each time it is asked; the rest is a few requests. */
const HELD_AT_MOST_MS = 1_000_000
/** A program that tries again and again opens no tab each time. */
const QUIET_AFTER_FAILURE_MS = 60_000

/**
 * Signs in with a browser on this machine, once for all processes that want it: one opens a tab, the others wait for the
 * lock and find another sign-in than `spent`, or that it failed (ux.md 6). Nothing is printed: SDKs may log stderr.
 */
export async function autoLogin(connection: Connection, spent: string | undefined, call: Call): Promise<void> {
  const { world } = call
  const { origin } = connection
  if (world.env['ROLEGATE_TOKEN_STORE'] === 'memory') throw impossible('ROLEGATE_TOKEN_STORE=memory shares no sign-in.')
  // threats.md D14: what a repository's .envrc names is not signed in at unasked.
  if (!(await isKnownServer(origin, world))) throw impossible(`Nobody has signed in at ${origin} from here before.`)
  const startedAt = world.now().getTime()
  const path = join(configFolder(world), `${fileNameOf(origin)}.sign-in`)
  const signInAlone = async () => {
    const current = signInOf(world, origin)
    if (current !== undefined && current !== spent) return
    const failedAt = Date.parse(String(recordOf(await readJson(`${path}.failed`))['at']))
    if (failedAt > Math.min(startedAt, world.now().getTime() - QUIET_AFTER_FAILURE_MS))
      throw failedBefore(failedAt, startedAt)
    try {
      await signInHere(connection, call)
      await rm(`${path}.failed`, { force: true })
    } catch (thrown) {
      await writeJson(`${path}.failed`, { at: world.now().toISOString() })
      throw asSignInRequired(thrown)
    }
  }
  await withLock(world, `${path}.lock`, signInAlone, HELD_AT_MOST_MS)
}

async function signInHere(connection: Connection, call: Call): Promise<void> {
  const { send, store, origin } = connection
  const { world } = call
  await store.alone(origin, () => store.read(origin))
  const way = loginWay({ device: false, qr: false, noBrowser: false }, await readLoginOffers(send, origin), world)
  if (way.by === 'code' || !way.opens) throw impossible(way.because ?? 'No browser may be opened here.')
  const quiet: Call = { ...call, say: () => undefined, world: silent(world) }
  const granted = await signInByBrowser({ send, way, claims: claimsOf(world), idp: undefined }, quiet)
  if (granted === undefined) throw impossible('No port on 127.0.0.1 could be opened.')
  await keepNew(connection, granted, world)
}

/** Without a browser nobody would come: then there is nothing to wait for. */
const silent = (world: CliWorld): CliWorld => ({
  ...world,
  err: () => undefined,
  spawn: async (child) => {
    const end = await world.spawn(child)
    if (!end.started) throw impossible('No browser could be started.')
    return end
  },
})

const impossible = (detail: string) =>
  failure('sign_in_required', { title: 'You are not signed in', detail, next: 'Sign in: rolegate login' })

const failedBefore = (failedAt: number, startedAt: number) =>
  impossible(
    failedAt > startedAt
      ? 'The sign-in in the browser, for which this was waiting, did not succeed.'
      : 'A sign-in in the browser did not succeed a moment ago.',
  )

/** A refusal in the browser counts as a missing sign-in here, and so has its exit code. */
function asSignInRequired(thrown: unknown): unknown {
  const isRefusal =
    thrown instanceof RolegateError &&
    ['device_denied', 'sign_in_rejected', 'sign_in_expired', 'invalid_grant'].includes(thrown.code)
  return isRefusal ? impossible('The sign-in in the browser did not succeed.') : thrown
}
