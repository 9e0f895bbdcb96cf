import type { Call, Command, Connection } from '../command.ts'
import { asRolegateError, type RolegateError } from '../../domain/errors.ts'
import { failure, saidOf } from '../failure.ts'
import { forgetRoleNames } from '../role-names.ts'
import { endSignIn } from '../signed-in.ts'
import { makeTokenStore, type Taken, type TokenStore } from '../token-store.ts'
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
    const ended = await end(connection, call.world)
    if (ended.untold !== undefined) throw onlyHere([ended])
    call.say(ended.wasKept ? `Signed out of ${connection.origin}.` : `Nobody was signed in at ${connection.origin}.`)
    return 0
  },
}

type Ended = { readonly origin: string; readonly wasKept: boolean; readonly untold?: RolegateError }

/** One gateway that cannot be told keeps no other from being told. */
async function endAll(call: Call): Promise<number> {
  const origins = await makeTokenStore(call.world).origins()
  const untold: Ended[] = []
  for (const origin of origins) {
    const ended = await end(await call.connect(origin), call.world)
    if (ended.untold === undefined) call.say(`Signed out of ${origin}.`)
    else untold.push(ended)
  }
  if (origins.length === 0) call.say('Nobody was signed in at any gateway.')
  if (untold.length > 0) throw onlyHere(untold)
  return 0
}

/**
 * Signs out here in any case, then at the gateway. `untold`: why the gateway could not be told; nothing of the sign-in
 * works here any more.
 */
async function end({ store, origin, send }: Connection, world: CliWorld): Promise<Ended> {
  const taken = await takeSignIn(store, origin, world)
  if (taken === undefined) return { origin, wasKept: false }
  if ('unread' in taken) return { origin, wasKept: true, untold: asRolegateError(taken.unread) }
  try {
    await endSignIn(send, taken.tokens)
    return { origin, wasKept: true }
  } catch (thrown) {
    if (world.interrupted.aborted) throw thrown
    return { origin, wasKept: true, untold: asRolegateError(thrown) }
  }
}

/** Under the lock: a parallel renewal must not bring it back. */
const takeSignIn = (store: TokenStore, origin: string, world: CliWorld): Promise<Taken | undefined> =>
  store.alone(origin, async () => {
    const taken = await store.take(origin)
    await forgetRoleNames(world, origin)
    return taken
  })

/** Said of all that were not told; the code is that of the first. */
function onlyHere(untold: readonly Ended[]): RolegateError {
  const cause = untold[0]?.untold
  const why = untold.map(({ origin, untold: because }) => `${origin} could not be told: ${titleOf(because)}.`)
  return failure(
    cause?.code === 'config_invalid' ? 'config_invalid' : 'gateway_unreachable',
    {
      title: 'You are signed out on this machine only',
      detail: `${why.join(' ')} There the sign-in lasts until its time is over.`,
      next: 'To end it now, sign out in the portal: that ends every terminal of yours.',
    },
    { cause },
  )
}

const titleOf = (thrown: unknown): string => saidOf(thrown).title.replace(/[.!]$/, '')
