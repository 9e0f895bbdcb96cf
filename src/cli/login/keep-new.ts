import type { TokenAnswer } from '../answers.ts'
import type { Connection } from '../command.ts'
import { endSignIn, tokensOf } from '../signed-in.ts'
import type { CliWorld } from '../world.ts'

/**
 * Keeps a new sign-in, and ends the one it takes the place of at the gateway: nobody here could do that later. As well as
 * it goes; a gateway that just signed somebody in and now fails is no reason to fail with it.
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
