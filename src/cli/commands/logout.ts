import type { Call, Command, Connection } from '../command.ts'
import { failure } from '../failure.ts'
import { revokeToken } from '../oauth.ts'
import { forgetRoleNames } from '../role-names.ts'
import { type Tokens, makeTokenStore } from '../token-store.ts'
import type { CliWorld } from '../world.ts'

export const logout: Command = {
  name: 'logout',
  usage: 'rolegate logout [--all]',
  summary: 'End the sign-in: here, and at the gateway.',
  options: { all: { type: 'boolean', about: 'every sign-in kept on this machine, at every gateway' } },
  words: { least: 0, most: 0 },
  async run(call) {
    if (call.flag('all')) return endAll(call)
    const connection = await call.connect()
    const ended = await takeTokens(connection, call.world)
    if (ended !== undefined) await revoke(ended, connection)
    call.say(
      ended === undefined ? `Nobody was signed in at ${connection.origin}.` : `Signed out of ${connection.origin}.`,
    )
    return 0
  },
}

/** One gateway that cannot be told keeps no other from being told. */
async function endAll(call: Call): Promise<number> {
  const untold: string[] = []
  const origins = await makeTokenStore(call.world).origins()
  for (const origin of origins) if (!(await isToldToEnd(origin, call))) untold.push(origin)
  if (origins.length === 0) call.say('Nobody was signed in at any gateway.')
  if (untold.length > 0) throw onlyHere(untold.join(', '))
  return 0
}

async function isToldToEnd(origin: string, call: Call): Promise<boolean> {
  const connection = await call.connect(origin)
  try {
    const ended = await takeTokens(connection, call.world)
    if (ended !== undefined) await revokeToken(connection.send, spokesman(ended))
  } catch (thrown) {
    if (call.world.interrupted.aborted) throw thrown
    return false
  }
  call.say(`Signed out of ${origin}.`)
  return true
}

/** Under the lock: a parallel renewal must not bring them back. */
const takeTokens = ({ store, origin }: Connection, world: CliWorld): Promise<Tokens | undefined> =>
  store.alone(origin, async () => {
    try {
      const kept = await store.read(origin)
      // A keychain that is locked: there is a sign-in, and nothing to end it with.
      if (kept === undefined && (await store.origins()).includes(origin)) throw onlyHere(origin)
      return kept
    } finally {
      // Even when they cannot be read: what was kept under them, credentials of roles above all, is gone.
      await store.forget(origin)
      await forgetRoleNames(world, origin)
    }
  })

async function revoke(ended: Tokens, { send, origin }: Connection): Promise<void> {
  try {
    await revokeToken(send, spokesman(ended))
  } catch (cause) {
    throw onlyHere(origin, cause)
  }
}

/** The refresh token speaks for the whole sign-in; the gateway ends all of it (threats.md D10). */
const spokesman = ({ refreshToken, accessToken }: Tokens): string => refreshToken ?? accessToken

const onlyHere = (origins: string, cause?: unknown) =>
  failure(
    'gateway_unreachable',
    {
      title: 'You are signed out on this machine only',
      detail: `${origins} could not be told; there the sign-in lasts until its time is over.`,
      next: 'To end it now, sign out in the portal: that ends every terminal of yours.',
    },
    { cause },
  )
