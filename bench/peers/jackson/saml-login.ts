/** @boxyhq/saml-jackson embedded, with its in-memory database, behind the thinnest server there is. */
import { createServer, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { answer } from '../../harness/answer.ts'
import { JACKSON_AUDIENCE, JACKSON_CALLBACK } from '../../harness/jackson.ts'
import { JACKSON } from '../../harness/places.ts'

type Moved = { readonly redirect_url?: string }
type Client = { readonly clientID: string; readonly clientSecret: string }
/** The little of its interface that is used; the package itself is not there before a bench has installed it. */
type Jackson = {
  readonly controllers: (options: object) => Promise<{
    connectionAPIController: { createSAMLConnection(connection: object): Promise<Client> }
    oauthController: {
      authorize(request: object): Promise<Moved>
      samlResponse(request: object): Promise<Moved>
      token(request: object): Promise<object>
    }
  }>
}

const { controllers } = createRequire(JACKSON)('@boxyhq/saml-jackson') as Jackson
const port = Number(process.env['BENCH_PORT'])
const url = `http://127.0.0.1:${port}`
const { connectionAPIController, oauthController } = await controllers({
  externalUrl: url,
  samlPath: '/acs',
  samlAudience: JACKSON_AUDIENCE,
  db: { engine: 'mem' },
  noAnalytics: true,
  logger: { info() {}, warn() {}, error() {} },
})
let client: Client | undefined

async function connect(rawMetadata: string): Promise<void> {
  client = await connectionAPIController.createSAMLConnection({
    rawMetadata,
    tenant: 'bench',
    product: 'bench',
    defaultRedirectUrl: JACKSON_CALLBACK,
    redirectUrl: [JACKSON_CALLBACK],
  })
}

async function fieldsOf(req: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
}

async function answerTo(req: IncomingMessage): Promise<Moved | object> {
  const { clientID, clientSecret } = client ?? {}
  const known = { client_id: clientID, redirect_uri: JACKSON_CALLBACK }
  if (req.url === '/authorize') return oauthController.authorize({ ...known, response_type: 'code', state: 'bench' })
  const fields = await fieldsOf(req)
  if (req.url === '/acs') return oauthController.samlResponse(fields)
  return oauthController.token({
    ...known,
    ...fields,
    grant_type: 'authorization_code',
    client_secret: clientSecret,
  })
}

// As long as the gateway's turn may last: nobody's connection is closed on them.
createServer({ keepAliveTimeout: 65_000 }, (req, res) => {
  answerTo(req).then(
    (found) => {
      if ('redirect_url' in found) res.writeHead(303, { location: found.redirect_url ?? '' }).end()
      else res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found))
    },
    (failure: unknown) => res.writeHead(500).end(String(failure)),
  )
}).listen(port, '127.0.0.1', () => answer({ connect }))
