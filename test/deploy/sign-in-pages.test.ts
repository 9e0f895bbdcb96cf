import { readFileSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { withText } from '../../src/config/with-text.ts'
import { aWorld, faultsOf } from '../config/a-file.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const SERVICE_ACCOUNT = JSON.stringify({
  type: 'service_account',
  client_email: 'rolegate@acme.iam.gserviceaccount.com',
  private_key_id: 'key-1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  token_uri: 'https://oauth2.googleapis.com/token',
})

const REST = `version: 1
server: { public_url: https://aws.example.com }
accounts: { payments-dev: { id: "222222222222" } }
roles: { developer: { role_name: Developer } }
sts: { default: { egress: { cidrs: [52.94.76.0/28] } } }
store: { driver: sqlite, path: /var/lib/rolegate/rolegate.db }
`

/** The IdP and the rule that a page says to write, in a file with nothing else of interest. */
function theFileOf(page: string): string {
  const text = readFileSync(`docs/how-to/${page}`, 'utf8')
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block)
  const part = (name: string) => blocks.find((block) => block.startsWith(`${name}:`))
  return `${REST}${part('idps')}${part('rules') ?? 'rules: []\n'}`
}

const world = aWorld({
  files: {
    '/run/secrets/entra_client_secret': 'kD9-fK2vq',
    '/run/secrets/google_client_secret': 'kD9-fK2vq',
    '/run/secrets/google_service_account.json': SERVICE_ACCOUNT,
    '/etc/rolegate/secrets/keycloak': 'kD9-fK2vq',
  },
  env: { OKTA_CLIENT_SECRET: 'kD9-fK2vq' },
})

describe.each(['entra', 'google', 'okta', 'keycloak', 'saml'])('docs/how-to/sign-in-with-%s.md', (idp) => {
  const file = theFileOf(`sign-in-with-${idp}.md`)

  it('shows an IdP, and a rule for it, that serve takes without a warning', () => {
    expect(faultsOf(file, world)).toEqual([])
    expect(loadConfig(withText(file, world)).warnings).toEqual([])
  })

  it('gives the addresses of that IdP’s own id', () => {
    const page = readFileSync(`docs/how-to/sign-in-with-${idp}.md`, 'utf8')
    const [, id = ''] = /^ {2}- id: (\S+)/m.exec(file) ?? []
    const address = idp === 'saml' ? `/saml/${id}/acs` : `/oidc/${id}/callback`
    expect(page).toContain(`https://aws.example.com${address}`)
  })
})
