import { makeGateway, type Gateway } from './gateway.ts'
import { keepRoleNames } from './role-names.ts'
import { makeSend, type Send } from './send.ts'
import { chooseServer } from './settings.ts'
import { makeAccessToken } from './signed-in.ts'
import { makeTokenStore, type TokenStore } from './token-store.ts'
import type { CliWorld } from './world.ts'

export type Connection = {
  readonly origin: string
  readonly source: string
  readonly store: TokenStore
  readonly send: Send
  /** Fails with `sign_in_required`. */
  readonly accessToken: () => Promise<string>
  readonly gateway: Gateway
}

/** The gateway this line means, and what this machine keeps of it. Asks nobody anything yet. */
export async function connect(
  server: string | undefined,
  world: CliWorld,
  { trace, say }: { readonly trace: (line: string) => void; readonly say: (line: string) => void },
): Promise<Connection> {
  const { origin, source } = await chooseServer(server, world)
  const store = makeTokenStore(world, say)
  const send = makeSend(world, origin, trace)
  const accessToken = makeAccessToken({ origin, store, send, now: world.now })
  const gateway = makeGateway(origin, send, accessToken)
  return { origin, source, store, send, accessToken, gateway: remembering(gateway, world, origin) }
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
