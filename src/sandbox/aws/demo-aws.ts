import { exchange, type Answer, type Ask } from '../exchange.ts'
import { listen } from '../listener.ts'
import { stylesheet } from '../page.ts'
import { makeAccounts, type Accounts, type DemoRole } from './accounts.ts'
import { makeBehaviour, type Behaviour } from './behaviour.ts'
import { makeConsoleTickets } from './console-tickets.ts'
import { makeConsole } from './console.ts'
import { makeFederation } from './federation.ts'
import type { OidcProvider } from './identity-token.ts'
import { makeRedeemAssertion } from './redeem-assertion.ts'
import { makeRoleSessions, type Random } from './role-session.ts'
import type { SamlProvider } from './saml-metadata.ts'
import { makeSamlSignIn } from './saml-sign-in.ts'
import { makeSeenCalls, type SeenCall } from './seen-calls.ts'
import { makeSts } from './sts.ts'

/** A stand-in for AWS, running: STS and the sign-in endpoint on one port, the console on another (aws.md §12). */
export type DemoAws = {
  /** STS's endpoint. */
  readonly url: string
  readonly federationUrl: string
  /** Where a browser posts a SAML response, and the Recipient every assertion must name. */
  readonly samlUrl: string
  readonly consoleUrl: string
  /** `host:port` of the console, as `sts.<name>.console_hosts` wants it. */
  readonly consoleHost: string
  /** Every hand-over it saw, oldest first. */
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
  /** Those of a SAML provider must know where this AWS takes assertions. */
  readonly roles: readonly DemoRole[] | ((samlUrl: string) => readonly DemoRole[])
  /** Account id → the OIDC provider registered there. */
  readonly oidcProviders: ReadonlyMap<string, OidcProvider>
  /** Account id → the SAML providers registered there. */
  readonly samlProviders?: ReadonlyMap<string, readonly SamlProvider[]>
  readonly now: () => Date
  readonly random: Random
}

export async function startDemoAws({
  port,
  consolePort,
  roles,
  oidcProviders,
  samlProviders = new Map(),
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
  const samlUrl = `${url}/saml`
  const chance = { now, random }
  const accounts = makeAccounts({
    roles: typeof roles === 'function' ? roles(samlUrl) : roles,
    oidcProviders,
    samlProviders,
    random,
  })
  const [sessions, tickets, behaviour, seen] = [
    makeRoleSessions(chance),
    makeConsoleTickets(chance),
    makeBehaviour(),
    makeSeenCalls(chance),
  ]
  const { record } = seen
  const redeemAssertion = makeRedeemAssertion({ accounts, sessions, record, recipient: samlUrl, now })
  const doors = new Map<string, (ask: Ask) => Answer | Promise<Answer>>([
    ['/', makeSts({ accounts, sessions, behaviour, record, redeemAssertion, recipient: samlUrl, ...chance })],
    ['/federation', makeFederation({ sessions, tickets, behaviour, consoleHost, ...chance })],
    ['/saml', makeSamlSignIn({ accounts, tickets, behaviour, redeemAssertion, consoleHost })],
    ['/console.css', stylesheet],
  ])

  // It says the time that it goes by.
  const dated = (answer: Answer): Answer => ({ ...answer, headers: { date: now().toUTCString(), ...answer.headers } })
  api.serve(exchange(async (ask) => dated((await doors.get(ask.url.pathname)?.(ask)) ?? notFound)))
  consoleListener.serve(exchange(makeConsole({ tickets, now })))

  return {
    url,
    federationUrl: `${url}/federation`,
    samlUrl,
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
