import { createServer, type IncomingMessage, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

type Asked = {
  readonly route: string
  readonly body: string
  readonly authorization: string | undefined
  readonly userAgent: string | undefined
}
export type Reply = {
  readonly status?: number
  readonly json?: unknown
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Not before this. */
  readonly after?: Promise<void>
}
export type FakeGateway = {
  readonly origin: string
  readonly asked: readonly Asked[]
  readonly askedFor: (route: string) => readonly Asked[]
  /** Answers in order; the last one stays. */
  readonly on: (route: string, ...replies: readonly Reply[]) => void
}

export const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
export const LENT = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: SECRET,
  sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE//token==',
  expiration: '2030-01-01T10:00:00.000Z',
  role: 'payments-dev/readonly',
  seconds: 3600,
  limitedBy: 'default',
}
export const ME = {
  subject: '00u1',
  username: 'alice@example.com',
  idp: 'okta',
  groups: { count: 12, truncated: false },
  session: { via: 'device', expiresAt: '2030-01-01T20:00:00.000Z' },
}
export const CONSOLE_URL = 'https://signin.aws.amazon.com/federation?Action=login&SigninToken=s3cr3t'

export const aRole = (role: string, over: object = {}) => ({
  account: {
    id: role.startsWith('payments-prod') ? '222222222222' : '111111111111',
    alias: role.split('/')[0],
    name: 'Payments',
    environment: 'dev',
  },
  role,
  arn: `arn:aws:iam::${role.startsWith('payments-prod') ? '222222222222' : '111111111111'}:role/${role.split('/')[1]}`,
  maxSeconds: 5400,
  elevated: false,
  state: 'available',
  via: [{ rule: 'r', group: 'g' }],
  ...over,
})

const aSession = (over: object = {}) => ({
  id: 'ses_1',
  via: 'pkce',
  client: 'rolegate 9.9.9',
  host: 'build-7',
  address: '203.0.113.9',
  signedInAt: '2030-01-01T08:00:00.000Z',
  expiresAt: '2030-01-01T20:00:00.000Z',
  current: true,
  ...over,
})

/** What `/v1/aws-config` says of these roles, of which `payments-prod` has another account. */
export const anAwsConfig = (
  origin: string,
  roles = ['payments-dev/readonly', 'payments-prod/readonly'],
  over = {},
) => ({
  origin,
  session: '127.0.0.1',
  startUrl: 'https://rolegate.invalid.awsapps.com/start',
  ssoRegion: 'eu-central-1',
  gatewayVersion: '9.9.9',
  profiles: roles.map((role) => ({
    name: role.replace('/', '.'),
    role,
    accountId: role.startsWith('payments-prod') ? '222222222222' : '111111111111',
    roleName: role.split('/')[1],
    region: 'eu-central-1',
  })),
  ...over,
})

export const aProblem = (status: number, code: string, over: object = {}): Reply => ({
  status,
  json: { title: 'No', status, detail: 'Because.', code, requestId: 'req-1', ...over },
  headers: { 'content-type': 'application/problem+json' },
})
export const anOauthError = (error: string): Reply => ({ status: 400, json: { error, error_description: 'Said so.' } })
export const someTokens = (mark: string, expires_in = 3600): Reply => ({
  json: { access_token: `rga_${mark}`, token_type: 'Bearer', expires_in, refresh_token: `rgr_${mark}` },
})

/** What the gateway says of itself; `over` with undefined takes something away. */
export const aMetadata = (origin: string, over: object = {}): Reply => ({
  json: {
    issuer: origin,
    authorization_endpoint: `${origin}/oauth/authorize`,
    device_authorization_endpoint: `${origin}/oauth/device_authorization`,
    token_endpoint: `${origin}/oauth/token`,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    ...over,
  },
})
export const METADATA = 'GET /.well-known/oauth-authorization-server'

const usual = (origin: string): Record<string, Reply> => ({
  [METADATA]: aMetadata(origin),
  'POST /oauth/device_authorization': {
    json: {
      device_code: 'rgd_secretdevicecode',
      user_code: 'WDJB-MJHT',
      verification_uri: `${origin}/device`,
      verification_uri_complete: `${origin}/device#WDJB-MJHT`,
      expires_in: 300,
      interval: 5,
      match_number: '42',
    },
  },
  'POST /oauth/token': someTokens('new'),
  'POST /oauth/revoke': { json: {} },
  'GET /v1/whoami': { json: ME },
  'GET /v1/roles': {
    json: {
      roles: ['payments-dev/readonly', 'payments-dev/admin', 'payments-prod/readonly'].map((role) => aRole(role)),
    },
  },
  'GET /v1/sessions': { json: { sessions: [aSession(), aSession({ id: 'ses_2', via: 'browser', current: false })] } },
  'POST /v1/sessions/end': { status: 204, raw: '' },
  'GET /v1/aws-config': { json: anAwsConfig(origin) },
  'POST /v1/credentials': { json: LENT },
  'POST /v1/console': { json: { url: CONSOLE_URL, expiration: LENT.expiration, seconds: 3600, limitedBy: 'default' } },
})

/** Listens on loopback until the test is over; answers with its origin. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

/** A gateway that really listens, on a port of its own, and says what it is told to. */
export async function aGateway(): Promise<FakeGateway> {
  const asked: Asked[] = []
  const script = new Map<string, Reply[]>()
  const server = createServer((req, res) => {
    void (async () => {
      const heard = await hear(req)
      asked.push(heard)
      const queue = script.get(heard.route)
      const reply =
        (queue && queue.length > 1 ? queue.shift() : queue?.[0]) ??
        usual(origin)[heard.route] ??
        aProblem(404, 'not_found')
      await reply.after
      res.writeHead(reply.status ?? 200, {
        'content-type': 'application/json',
        'x-request-id': 'req-header',
        ...reply.headers,
      })
      res.end(reply.raw ?? JSON.stringify(reply.json))
    })()
  })
  const origin = await listen(server)
  return {
    origin,
    asked,
    askedFor: (route) => asked.filter((one) => one.route === route),
    on: (route, ...replies) => void script.set(route, [...replies]),
  }
}

async function hear(req: IncomingMessage): Promise<Asked> {
  const { authorization, 'user-agent': userAgent } = req.headers
  // A gateway may answer the list in either form; tests speak of the list.
  return {
    route: `${req.method} ${req.url?.replace('?form=compact', '')}`,
    body: await text(req),
    authorization,
    userAgent,
  }
}
