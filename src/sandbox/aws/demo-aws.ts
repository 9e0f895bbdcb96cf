import { exchange, type Answer } from '../exchange.ts'
import { listen } from '../listener.ts'
import { makeAccounts, type Accounts, type DemoRole } from './accounts.ts'
import { makeBehaviour, type Behaviour } from './behaviour.ts'
import { makeConsoleTickets } from './console-tickets.ts'
import { makeConsole } from './console.ts'
import { makeFederation } from './federation.ts'
import type { OidcProvider } from './identity-token.ts'
import { makeRoleSessions, type Random } from './role-session.ts'
import { makeSeenCalls, type SeenCall } from './seen-calls.ts'
import { makeSts } from './sts.ts'

/** A stand-in for AWS, running: STS and the sign-in endpoint on one port, the console on another (aws.md §12). */
export type DemoAws = {
  /** STS's endpoint. */
  readonly url: string
  readonly federationUrl: string
  readonly consoleUrl: string
  /** `host:port` of the console, as `sts.<name>.console_hosts` wants it. */
  readonly consoleHost: string
  /** Every AssumeRoleWithWebIdentity it saw, oldest first. */
  readonly log: () => readonly SeenCall[]
  /** A role, to change its trust policy or longest session as an administrator would. */
  readonly role: Accounts['role']
  readonly behave: Behaviour['behave']
  readonly hold: Behaviour['hold']
  readonly close: () => Promise<void>
}

export type DemoAwsSettings = {
  /** 0: any free port. */
  readonly port: number
  readonly consolePort: number
  readonly roles: readonly DemoRole[]
  /** Account id → the OIDC provider registered there. */
  readonly oidcProviders: ReadonlyMap<string, OidcProvider>
  readonly now: () => Date
  readonly random: Random
}

export async function startDemoAws({
  port,
  consolePort,
  roles,
  oidcProviders,
  now,
  random,
}: DemoAwsSettings): Promise<DemoAws> {
  const api = await listen(port)
  const consoleListener = await listen(consolePort).catch(async (cause: unknown) => {
    await api.close()
    throw cause
  })
  const consoleHost = `127.0.0.1:${consoleListener.port}`
  const url = `http://127.0.0.1:${api.port}`
  const chance = { now, random }
  const accounts = makeAccounts({ roles, oidcProviders, random })
  const [sessions, tickets, behaviour, seen] = [
    makeRoleSessions(chance),
    makeConsoleTickets(chance),
    makeBehaviour(),
    makeSeenCalls(chance),
  ]
  const sts = makeSts({ accounts, sessions, behaviour, record: seen.record, ...chance })
  const federation = makeFederation({ sessions, tickets, behaviour, consoleHost, ...chance })

  api.serve(
    exchange((ask) =>
      ask.url.pathname === '/' ? sts(ask) : ask.url.pathname === '/federation' ? federation(ask) : notFound,
    ),
  )
  consoleListener.serve(exchange(makeConsole({ tickets, now })))

  return {
    url,
    federationUrl: `${url}/federation`,
    consoleUrl: `http://${consoleHost}`,
    consoleHost,
    log: seen.calls,
    role: accounts.role,
    behave: behaviour.behave,
    hold: behaviour.hold,
    close: async () => void (await Promise.all([api.close(), consoleListener.close()])),
  }
}

const notFound: Answer = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not found.\n' }
