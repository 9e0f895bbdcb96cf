import { Router, type Request, type RequestHandler, type Response } from 'express'
import * as z from 'zod'
import { isChallenge } from '../../domain/device/authorization.ts'
import { grantNamesOf, printable, redirectOf, unsupportedGrant, type Client } from '../../domain/device/client.ts'
import type { DeviceClaims } from '../../domain/device/device-login.ts'
import { RolegateError } from '../../domain/errors.ts'
import { endWithin, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { AuthorizationAsk, AuthorizeTerminal } from '../../usecases/device/authorize-terminal.ts'
import type { LoginWay } from '../../usecases/device/start-terminal-session.ts'
import type { AskedFrom } from '../../usecases/entitlement/circumstances.ts'
import type { ListRoles } from '../../usecases/entitlement/list-roles.ts'
import type { Now } from '../../usecases/ports.ts'
import type { IdentityProvider } from '../../usecases/ports/identity-provider.ts'
import { sessionOf } from '../browser-session.ts'
import { show, type Pages } from '../pages.ts'
import { parse } from '../parse.ts'
import { factsOf } from '../request-facts.ts'
import { makeSecurityHeaders } from '../security-headers.ts'
import { givenTo } from '../terminal-card.ts'

const Said = z.string().max(64).optional()

/** RFC 6749 §4.1.1 and RFC 7636 §4.3, as both kinds of client send it; the stock AWS tools say `scopes`. */
const Asked = z.object({
  response_type: z.literal('code'),
  client_id: z.string().max(1000),
  redirect_uri: z.string().max(300),
  state: z.string().regex(/^[\x21-\x7e]{8,512}$/),
  code_challenge: z.string().refine(isChallenge),
  // security.md D-5: the default of RFC 7636 is `plain`, so the method has to be named.
  code_challenge_method: z.literal('S256'),
  scope: z.string().max(200).optional(),
  scopes: z.string().max(200).optional(),
  prompt: z.string().max(40).optional(),
  host: Said,
  user: Said,
  tool: Said,
})
type Asked = z.output<typeof Asked>

const Form = Asked.extend({ _csrf: z.string(), decision: z.enum(['approve', 'deny']) })

export type FindClient = (id: string) => Client

/**
 * Where a terminal sends the browser beside it: `/oauth/authorize` for our own client, `/authorize` for the stock AWS
 * tools, one story. A GET never issues a code, whoever is signed in: always a page, and a POST (threats.md D1).
 */
export function authorizeRoutes(deps: {
  /** Fails with `invalid_client`. */
  clients: Readonly<Record<'/oauth/authorize' | '/authorize', FindClient>>
  authorizeTerminal: AuthorizeTerminal
  listRoles: ListRoles
  providers: ReadonlyMap<string, IdentityProvider>
  mostSeconds: Readonly<Record<LoginWay, number>>
  /** `iss` of every answer (RFC 9207). */
  publicUrl: string
  secure: boolean
  now: Now
}): Router {
  const router = Router({ caseSensitive: true })

  /**
   * Faults are shown on our page and never sent to the redirect address: until everything is checked, it could be
   * anybody's (security.md D-8).
   */
  function askIn(asked: Asked, client: Client): AuthorizationAsk {
    if (redirectOf(client, asked.redirect_uri) === undefined)
      throw new RolegateError('invalid_request', { field: 'redirect_uri' })
    if (!client.grants.has('authorization_code')) throw unsupportedGrant(grantNamesOf(client))
    // threats.md D1: nobody is signed in behind their back.
    if (asked.prompt?.split(' ').includes('none') === true)
      throw new RolegateError('invalid_request', { field: 'prompt' })
    if (client.kind === 'registered' && ![undefined, '', 'sso:account:access'].includes(asked.scopes))
      throw new RolegateError('invalid_scope')
    return {
      client,
      redirectUri: asked.redirect_uri,
      codeChallenge: asked.code_challenge,
      claims: claimsIn(asked),
    }
  }

  for (const path of ['/oauth/authorize', '/authorize'] as const) {
    const findClient = deps.clients[path]

    router.get(path, async (req, res, next) => {
      const asked = parse(Asked, req.query)
      const ask = askIn(asked, findClient(asked.client_id))
      if (req.session.signedIn === undefined && toIdp(req, res)) return
      const session = sessionOf(req, deps.now)
      deps.authorizeTerminal.requireMay(session)
      const model = await modelOf({ path, asked, ask, session, from: factsOf(res) })
      leadingTo(asked.redirect_uri)(req, res, (failure?: unknown) => {
        if (failure !== undefined) return next(failure)
        show(res, 'authorize', 'Let this terminal in?', model)
      })
    })

    router.post(path, async (req, res) => {
      const session = sessionOf(req, deps.now)
      const { decision, ...asked } = parse(Form, req.body)
      const ask = askIn(asked, findClient(asked.client_id))
      const input = { session, ask, request: factsOf(res) }
      const answer = new URL(ask.redirectUri)
      if (decision === 'approve') answer.searchParams.set('code', await deps.authorizeTerminal.approve(input))
      else {
        await deps.authorizeTerminal.deny(input)
        answer.searchParams.set('error', 'access_denied')
      }
      answer.searchParams.set('state', asked.state)
      answer.searchParams.set('iss', deps.publicUrl)
      res
        .set({ location: answer.href, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
        .status(303)
        .end()
    })
  }

  /** Our own client may name the IdP; then its people are spared the choice. */
  function toIdp(req: Request, res: Response): boolean {
    const { idp } = req.query
    if (typeof idp !== 'string' || !deps.providers.has(idp)) return false
    res.redirect(303, `/sign-in/${idp}?returnTo=${encodeURIComponent(req.originalUrl)}#-`)
    return true
  }

  /** Chromium applies `form-action` to the redirect to the terminal too (contract.md, CSP). */
  const leadingTo = (redirectUri: string): RequestHandler =>
    makeSecurityHeaders({ secure: deps.secure, formTargets: [formTargetOf(redirectUri)], upgrade: false })

  async function modelOf({
    path,
    asked,
    ask,
    session,
    from,
  }: {
    path: string
    asked: Asked
    ask: AuthorizationAsk
    session: GatewaySession
    from: AskedFrom
  }): Promise<Pages['authorize']> {
    return {
      action: path,
      fields: Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
      client: ask.client.name,
      claims: ask.claims,
      address: from.address,
      port: String(redirectOf(ask.client, ask.redirectUri)?.port ?? ''),
      ...(await givenTo(deps.listRoles, session, from, 'pkce')),
      until: endWithin(deps.now(), deps.mostSeconds.pkce, session.endsAt),
    }
  }

  return router
}

/** CSP cannot express an IPv6 literal. Then all plain http is allowed; this page's one form leads to loopback only. */
const formTargetOf = (redirectUri: string): string => {
  const { origin } = new URL(redirectUri)
  return origin.includes('[') ? 'http:' : origin
}

function claimsIn({ host = '', user = '', tool = '' }: Asked): DeviceClaims {
  const said = Object.entries({ host, user, tool }).map(([name, text]) => [name, printable(text)] as const)
  return Object.fromEntries(said.filter(([, text]) => text !== ''))
}
