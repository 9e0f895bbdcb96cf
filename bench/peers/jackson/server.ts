/** @boxyhq/saml-jackson embedded, with its in-memory database: up when it can answer its own discovery document. */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { JACKSON } from '../../harness/places.ts'

/** The little of its interface that is used; the package itself is not there before `cold` has installed it. */
type Jackson = {
  readonly controllers: (options: object) => Promise<{ oidcDiscoveryController: { openidConfig(): unknown } }>
}

const { controllers } = createRequire(JACKSON)('@boxyhq/saml-jackson') as Jackson
const port = Number(process.env['BENCH_PORT'])
const { oidcDiscoveryController } = await controllers({
  externalUrl: `http://127.0.0.1:${port}`,
  samlPath: '/api/oauth/saml',
  samlAudience: 'https://saml.example.com/entityid',
  db: { engine: 'mem' },
  noAnalytics: true,
  logger: { info() {}, warn() {}, error() {} },
})

createServer((_req, res) => {
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(oidcDiscoveryController.openidConfig()))
}).listen(port, '127.0.0.1')
