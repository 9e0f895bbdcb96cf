import type { TokenAnswer } from '../answers.ts'
import type { Connection } from '../command.ts'
import { endSignIn, tokensOf } from '../signed-in.ts'
import type { CliWorld } from '../world.ts'

/**
 * Keeps a new sign-in and ends the one it replaces at the gateway, since nobody here could do so later. If that fails,
 * it is ignored: the new sign-in has succeeded.
 */
export async function keepNew(
  { send, store, origin }: Connection,
  granted: TokenAnswer,
  world: CliWorld,
): Promise<void> {
  const replaced = await store.alone(origin, async () => {
    const taken = await store.take(origin)
    await store.keep(origin, tokensOf(granted, world.now()))
    return taken
  })
  if (replaced === undefined || 'unread' in replaced) return
  await endSignIn(send, replaced.tokens).catch(() => undefined)
}
