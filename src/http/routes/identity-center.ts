import { Router, type ErrorRequestHandler, type Request } from 'express'
import * as z from 'zod'
import {
  DEVICE_GRANT,
  grantNamesOf,
  printable,
  unsupportedGrant,
  type Client,
  type Grant,
} from '../../domain/device/client.ts'
import { showUserCode } from '../../domain/device/user-code.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { AuthenticateBearer } from '../../usecases/device/authenticate-bearer.ts'
import type { Clients } from '../../usecases/device/clients.ts'
import type { Tokens } from '../../usecases/device/issue-tokens.ts'
import type { RedeemAuthorizationCode } from '../../usecases/device/redeem-authorization-code.ts'
import type { RedeemDeviceLogin } from '../../usecases/device/redeem-device-login.ts'
import type { RefreshTokensOf } from '../../usecases/device/refresh-tokens.ts'
import type { RevokeToken } from '../../usecases/device/revoke-token.ts'
import type { StartDeviceLogin } from '../../usecases/device/start-device-login.ts'
import type { LoginWay } from '../../usecases/device/start-terminal-session.ts'
import type { ListForIdentityCenter } from '../../usecases/entitlement/list-for-identity-center.ts'
import type { IssueCredentials } from '../../usecases/hand-over/issue-credentials.ts'
import { makeAmznErrorHandler } from '../amzn-errors.ts'
import { refusePages } from '../csrf.ts'
import { jsonBody } from '../json-body.ts'
import { parse } from '../parse.ts'
import { factsOf, type Facts } from '../request-facts.ts'
import { PROGRAM_HEADERS } from '../security-headers.ts'
import type { LogRefusal } from '../witness.ts'

/** Every address of this API but `/authorize`, which is a page. */
const IDENTITY_CENTER =
  /^\/(client\/register|device_authorization|token|assignment\/(accounts|roles)|federation\/credentials|logout)$/
const TAKES_GET = /^\/(assignment|federation)\//

/** A GET where the API has none is no program's: somebody typed `/logout`, and is answered as at any address there is none of. */
export const isForIdentityCenter = ({ path, method }: Request): boolean =>
  IDENTITY_CENTER.test(path) && (method !== 'GET' || TAKES_GET.test(path))

/**
 * Clients discard role credentials with less than fifteen minutes left, so with shorter ones they would ask again at
 * each command.
 */
const LEAST_USEFUL_SECONDS = 1800

const Text = z.string().max(1000)
const Registration = z.object({
  clientName: z.string().min(1).max(200),
  clientType: z.literal('public'),
  scopes: z.array(Text).max(20).optional(),
  grantTypes: z.array(Text).max(10).optional(),
  redirectUris: z.array(Text).max(20).optional(),
})
const DeviceStart = z.object({ clientId: Text, clientSecret: Text, startUrl: z.string().max(300) })
const TokenAsk = z.object({
  clientId: Text,
  clientSecret: Text,
  grantType: z.string().max(100),
  deviceCode: Text.optional(),
  code: Text.optional(),
  redirectUri: Text.optional(),
  codeVerifier: Text.optional(),
  refreshToken: Text.optional(),
})
type TokenAsk = z.output<typeof TokenAsk>

const Turn = {
  max_result: z
    .string()
    .regex(/^([1-9]\d?|100)$/)
    .transform(Number)
    .optional(),
  next_token: z.string().max(200).optional(),
}
const AccountsQuery = z.object(Turn)
const AccountId = z.string().regex(/^\d{12}$/)
const RolesQuery = z.object({ ...Turn, account_id: AccountId })
const CredentialsQuery = z.object({ account_id: AccountId, role_name: z.string().min(1).max(200) })

/**
 * IAM Identity Center's OIDC and portal APIs (sso-oidc and sso, both of 2019-06-10) at the host root, for the stock AWS CLI
 * and SDKs. Reads no cookie. The role name is the role's key, the account its twelve digits, each exactly (threats.md D12).
 */
export function identityCenterRoutes(deps: {
  clients: Clients
  startDeviceLogin: StartDeviceLogin
  redeemDeviceLogin: RedeemDeviceLogin
  redeemAuthorizationCode: RedeemAuthorizationCode
  refreshTokens: RefreshTokensOf
  revokeToken: RevokeToken
  authenticateBearer: AuthenticateBearer
  listForIdentityCenter: ListForIdentityCenter
  issueCredentials: IssueCredentials
  offeredWays: ReadonlySet<LoginWay>
  publicUrl: string
  /** The AWS-owned name that newer clients must be led to. */
  startHost: string
  logRefusal: LogRefusal
}): Router {
  // Strict, as the list of its addresses is: one with a slash at the end is nobody's.
  const router = Router({ caseSensitive: true, strict: true })
  const body = jsonBody()
  const startUrls = [`${deps.publicUrl}/start`, `https://${deps.startHost}/start`]

  router.use((req, res, next) => (isForIdentityCenter(req) ? refusePages(req, res, next) : next()))

  router.post('/client/register', ...body, (req, res) => {
    const { clientName: name, scopes = [], grantTypes = [], redirectUris = [] } = parse(Registration, req.body)
    const { clientId, clientSecret, issuedAt, expiresAt } = deps.clients.register({
      name,
      scopes,
      grantTypes,
      redirectUris,
    })
    res.json({
      clientId,
      clientSecret,
      clientIdIssuedAt: secondsOf(issuedAt),
      clientSecretExpiresAt: secondsOf(expiresAt),
    })
  })

  router.post('/device_authorization', ...body, async (req, res) => {
    const { clientId, clientSecret, startUrl } = parse(DeviceStart, req.body)
    const client = requireGrant(deps.clients.authenticate(clientId, clientSecret), 'device_code')
    // security.md D-1: switched off means off at every step.
    if (!deps.offeredWays.has('device'))
      throw unsupportedGrant(grantNamesOf(client).filter((name) => name !== DEVICE_GRANT))
    // threats.md D8: whoever asks for another company's start page is in the wrong place.
    if (!startUrls.includes(startUrl.replace(/(\/|\/?#.*)$/, '')))
      throw new RolegateError('invalid_request', { field: 'startUrl' })
    const request = factsOf(res)
    const started = await deps.startDeviceLogin({ client, claims: { tool: toolOf(request) }, request })
    const userCode = showUserCode(started.userCode)
    res.json({
      deviceCode: started.deviceCode,
      userCode,
      verificationUri: `${deps.publicUrl}/device`,
      // In the fragment, which no server and no log sees; nothing is submitted by itself (threats.md D5).
      verificationUriComplete: `${deps.publicUrl}/device#${userCode}`,
      expiresIn: started.expiresInSeconds,
      interval: started.intervalSeconds,
    })
  })

  router.post('/token', ...body, async (req, res) => {
    const asked = parse(TokenAsk, req.body)
    const client = deps.clients.authenticate(asked.clientId, asked.clientSecret)
    const { accessToken, refreshToken, expiresInSeconds } = await tokensFor(asked, client, factsOf(res))
    res.json({ accessToken, tokenType: 'Bearer', expiresIn: expiresInSeconds, refreshToken })
  })

  function tokensFor(asked: TokenAsk, client: Client, request: Facts): Promise<Tokens> {
    const clientId = client.id
    switch (asked.grantType) {
      case DEVICE_GRANT:
        requireGrant(client, 'device_code')
        return deps.redeemDeviceLogin({ deviceCode: given(asked, 'deviceCode'), clientId, request })
      case 'authorization_code':
        requireGrant(client, 'authorization_code')
        return deps.redeemAuthorizationCode({
          code: given(asked, 'code'),
          redirectUri: given(asked, 'redirectUri'),
          codeVerifier: given(asked, 'codeVerifier'),
          clientId,
          request,
        })
      case 'refresh_token':
        requireGrant(client, 'refresh_token')
        return deps.refreshTokens({ refreshToken: given(asked, 'refreshToken'), clientId, request })
      default:
        throw unsupportedGrant(grantNamesOf(client))
    }
  }

  // Express answers HEAD as GET: here that would take a role and lend it to nobody (security.md C-1).
  router.head(IDENTITY_CENTER, () => {
    throw new RolegateError('not_found')
  })

  router.get('/assignment/accounts', async (req, res) => {
    const session = await holderOf(req)
    const { max_result: most, next_token: after } = parse(AccountsQuery, req.query)
    const { items, next } = await deps.listForIdentityCenter.accounts(session, factsOf(res), turnOf(most, after))
    res.json({
      // `aws configure sso` prints both names, and stumbles where the address is missing; the alias is what people know.
      accountList: items.map(({ id: accountId, name: accountName, alias: emailAddress }) => ({
        accountId,
        accountName,
        emailAddress,
      })),
      ...(next !== undefined && { nextToken: next }),
    })
  })

  router.get('/assignment/roles', async (req, res) => {
    const session = await holderOf(req)
    const { account_id: accountId, max_result: most, next_token: after } = parse(RolesQuery, req.query)
    const { items, next } = await deps.listForIdentityCenter.roles(
      session,
      factsOf(res),
      accountId,
      turnOf(most, after),
    )
    res.json({
      roleList: items.map((roleName) => ({ roleName, accountId })),
      ...(next !== undefined && { nextToken: next }),
    })
  })

  router.get('/federation/credentials', async (req, res) => {
    const session = await holderOf(req)
    const { account_id: account, role_name: role } = parse(CredentialsQuery, req.query)
    const { credentials } = await deps.issueCredentials({
      session,
      role: `${account}/${role}`,
      leastUsualSeconds: LEAST_USEFUL_SECONDS,
      request: factsOf(res),
    })
    res.json({
      roleCredentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey,
        sessionToken: credentials.sessionToken,
        expiration: credentials.expiresAt.getTime(),
      },
    })
  })

  router.post('/logout', async (req, res) => {
    const token = req.get('x-amz-sso_bearer_token')
    // threats.md D10: ends the session with all its tokens. An unknown token gets the same answer.
    if (token !== undefined) await deps.revokeToken(token.slice(0, 200), factsOf(res))
    res.status(200).end()
  })

  // The AWS CLI checks with HEAD that a start page redirects to an AWS-owned name; it never sends anything there
  // (threats.md D8).
  router.head('/start', (_req, res) => {
    res.set(PROGRAM_HEADERS).redirect(302, `https://${deps.startHost}/start`)
  })
  router.get('/start', (_req, res) => {
    res.set(PROGRAM_HEADERS).redirect(303, '/setup')
  })

  const holderOf = (req: Request): Promise<GatewaySession> =>
    deps.authenticateBearer(req.get('x-amz-sso_bearer_token') ?? '')

  router.use(onItsAddresses(makeAmznErrorHandler(deps.logRefusal)))
  return router
}

const secondsOf = (moment: Date): number => Math.floor(moment.getTime() / 1000)

const turnOf = (most: number | undefined, after: string | undefined) => ({
  ...(most !== undefined && { most }),
  ...(after !== undefined && { after }),
})

/** `aws-cli/2.36.7 … md/command#sso.login`: the program, and what it was told to do. */
function toolOf({ userAgent }: Facts): string {
  const [program = ''] = userAgent.split(' ')
  const command = /\bcommand[#/]([a-z0-9.-]{1,40})/i.exec(userAgent)?.[1]
  return printable(command === undefined ? program : `${program} (${command})`)
}

function requireGrant(client: Client, grant: Grant): Client {
  if (!client.grants.has(grant)) throw unsupportedGrant(grantNamesOf(client))
  return client
}

function given(
  asked: TokenAsk,
  field: 'deviceCode' | 'code' | 'redirectUri' | 'codeVerifier' | 'refreshToken',
): string {
  const value = asked[field]
  if (value === undefined) throw new RolegateError('invalid_request', { field })
  return value
}

const onItsAddresses =
  (handler: ErrorRequestHandler): ErrorRequestHandler =>
  (thrown, req, res, next) =>
    isForIdentityCenter(req) ? handler(thrown, req, res, next) : next(thrown)
