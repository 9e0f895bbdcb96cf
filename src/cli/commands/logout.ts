import type { Command, Connection } from '../command.ts'
import { failure } from '../failure.ts'
import { revokeToken } from '../oauth.ts'
import type { Tokens } from '../token-store.ts'

export const logout: Command = {
  name: 'logout',
  usage: 'rolegate logout',
  summary: 'End the sign-in: here, and at the gateway.',
  options: {},
  words: { least: 0, most: 0 },
  async run(call) {
    const connection = await call.connect()
    const ended = await takeTokens(connection)
    if (ended !== undefined) await revoke(ended, connection)
    call.say(
      ended === undefined ? `Nobody was signed in at ${connection.origin}.` : `Signed out of ${connection.origin}.`,
    )
    return 0
  },
}

/** Under the lock: a parallel renewal must not bring them back. */
const takeTokens = ({ store, origin }: Connection): Promise<Tokens | undefined> =>
  store.alone(origin, async () => {
    const kept = await store.read(origin)
    if (kept !== undefined) await store.forget(origin)
    return kept
  })

/** The refresh token speaks for the whole sign-in; the gateway ends all of it (threats.md D10). */
async function revoke({ refreshToken, accessToken }: Tokens, { send, origin }: Connection): Promise<void> {
  try {
    await revokeToken(send, refreshToken ?? accessToken)
  } catch (cause) {
    const detail = `${origin} could not be told; there the sign-in lasts until its time is over.`
    const next = 'To end it now, sign out in the portal: that ends every terminal of yours.'
    throw failure('gateway_unreachable', { title: 'You are signed out on this machine only', detail, next }, { cause })
  }
}
