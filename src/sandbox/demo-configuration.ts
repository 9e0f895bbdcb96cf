import { trustPolicyFor } from '../domain/aws/trust-policy/generate.ts'
import type { DemoRole } from './aws/accounts.ts'

export const DEMO_AUDIENCE = 'sts.demo.rolegate.example'

type DemoAccount = { readonly alias: string; readonly id: string; readonly rest: string }
type DemoRoleKind = {
  readonly key: string
  readonly roleName: string
  readonly rest: string
  readonly maxHours: number
  readonly tagKeys: readonly string[]
  /** Aliases of the accounts that have this role. */
  readonly accounts: readonly string[]
}

const ACCOUNTS: readonly DemoAccount[] = [
  {
    alias: 'payments-dev',
    id: '111122223333',
    rest: 'name: Payments, env: dev, color: green, owner: "#payments-oncall"',
  },
  {
    alias: 'payments-prod',
    id: '222233334444',
    rest: 'name: Payments, env: prod, tags: [pci], color: red, owner: "#payments-oncall"',
  },
  { alias: 'data-prod', id: '333344445555', rest: 'name: Data, env: prod, color: orange' },
  { alias: 'sandbox', id: '012345678901', rest: 'name: Sandbox, env: dev' },
]

const ROLES: readonly DemoRoleKind[] = [
  {
    key: 'readonly',
    roleName: 'rolegate/ReadOnly',
    rest: `summary: "Look, don't touch"`,
    maxHours: 12,
    tagKeys: [],
    accounts: ACCOUNTS.map(({ alias }) => alias),
  },
  {
    key: 'developer',
    roleName: 'rolegate/Developer',
    rest: 'summary: Deploy and debug, session_tags: { team: payments }',
    maxHours: 8,
    tagKeys: ['team'],
    accounts: ['payments-dev'],
  },
  {
    key: 'admin',
    roleName: 'rolegate/Admin',
    rest: 'summary: Break glass. Everything., elevated: true',
    maxHours: 1,
    tagKeys: [],
    accounts: ['payments-prod'],
  },
]

const RULES = `
  - id: platform-looks-at-dev
    match: { idp: demo, group: platform-engineers }
    grant: { accounts: "env:dev", roles: [readonly] }
  - id: platform-looks-at-prod
    match: { idp: demo, group: platform-engineers }
    grant: { accounts: "env:prod", roles: [readonly] }
  - id: payments-developers
    match: { idp: demo, group: payments-developers }
    grant: { accounts: [payments-dev], roles: [readonly, developer] }
  - id: payments-developers-look-at-prod
    match: { idp: demo, group: payments-developers }
    grant: { accounts: [payments-prod], roles: [readonly] }
  - id: payments-admins
    match: { idp: demo, group: payments-admins }
    grant: { accounts: [payments-prod], roles: [admin] }
  - id: auditors
    match: { idp: demo, group: auditors }
    grant: { accounts: [data-prod], roles: [readonly] }`

const TESTS = `
  - as: { idp: demo, groups: [platform-engineers, payments-developers, payments-admins] }
    can: [payments-dev/developer, payments-prod/admin, data-prod/readonly, sandbox/readonly]
  - as: { idp: demo, groups: [auditors] }
    can: [data-prod/readonly]
    cannot: [payments-prod/readonly, payments-prod/admin]
  - as: { idp: demo, groups: [] }
    cannot: [data-prod/readonly]`

/** The ports and addresses that the demo's file names. */
export type DemoAddresses = {
  readonly gatewayPort: number
  readonly managementPort: number
  readonly issuer: string
  readonly stsUrl: string
  readonly federationUrl: string
  readonly consoleHost: string
}

/** The demo's rolegate.yaml, as an operator would write it. */
export const demoConfiguration = ({
  gatewayPort,
  managementPort,
  issuer,
  stsUrl,
  federationUrl,
  consoleHost,
}: DemoAddresses): string => `version: 1

server:
  public_url: http://127.0.0.1:${gatewayPort}
  listen: { host: 127.0.0.1, port: ${gatewayPort} }
  management: { host: 127.0.0.1, port: ${managementPort} }

idps:
  - id: demo
    type: oidc
    label: Demo directory
    issuer: ${issuer}
    client_id: rolegate
    client_secret_env: DEMO_CLIENT_SECRET
    scopes: [openid, profile, email, groups]
    allow: { http: true }
    username: claims.preferred_username
    groups: { claim: groups, limit: { count: 200, else: fail } }

accounts:
${ACCOUNTS.map(({ alias, id, rest }) => `  ${alias}: { id: "${id}", ${rest} }`).join('\n')}

roles:
${ROLES.map(({ key, roleName, rest, maxHours }) => `  ${key}: { role_name: ${roleName}, ${rest}, max_duration: ${maxHours}h }`).join('\n')}

rules:${RULES}

sts:
  default:
    strategy: web_identity
    audience: ${DEMO_AUDIENCE}
    region: eu-central-1
    endpoint: ${stsUrl}
    federation_endpoint: ${federationUrl}
    console_hosts: ["${consoleHost}"]

store: { driver: memory }

audit:
  sinks: [{ type: store }]

tests:${TESTS}
`

/** The roles that exist at the demo AWS: those the file names, each with the trust policy we would generate for it. */
export const demoRoles = (issuer: string): DemoRole[] =>
  ROLES.flatMap(({ roleName, maxHours, tagKeys, accounts }) =>
    ACCOUNTS.filter(({ alias }) => accounts.includes(alias)).map(({ id: accountId }) => ({
      accountId,
      roleName,
      maxSessionSeconds: maxHours * 3600,
      trustPolicy: trustPolicyFor({
        partition: 'aws',
        accountId,
        roleName,
        issuer,
        audience: DEMO_AUDIENCE,
        sourceIdentity: true,
        tagKeys,
      }),
    })),
  )

export const demoAccountIds: readonly string[] = ACCOUNTS.map(({ id }) => id)
