import { makeGateway, type Gateway } from './gateway.ts'
import { keepRoleNames } from './role-names.ts'
import { makeSend, type Send } from './send.ts'
import { chooseServer } from './settings.ts'
import { accessToken } from './signed-in.ts'
import { makeTokenStore, type TokenStore } from './token-store.ts'
import type { CliWorld } from './world.ts'

export type Connection = {
  readonly origin: string
  readonly source: string
  readonly store: TokenStore
  readonly send: Send
  readonly gateway: Gateway
}

/** The gateway this line means, and what this machine keeps of it. Asks nobody anything yet. */
export async function connect(
  server: string | undefined,
  world: CliWorld,
  trace: (line: string) => void,
): Promise<Connection> {
  const { origin, source } = await chooseServer(server, world)
  const store = makeTokenStore(world)
  const send = makeSend(world, origin, trace)
  const gateway = makeGateway(origin, send, () => accessToken({ origin, store, send, now: world.now }))
  return { origin, source, store, send, gateway: remembering(gateway, world, origin) }
}

/** Whatever lists the roles leaves their names for completion, which asks nobody. */
const remembering = (gateway: Gateway, world: CliWorld, origin: string): Gateway => ({
  ...gateway,
  roles: async () => {
    const answer = await gateway.roles()
    const names = answer.read.map(({ role }) => role)
    await keepRoleNames(world, origin, names)
    return answer
  },
})
