import { samlTrustPolicyFor, trustPolicyFor } from '../domain/aws/trust-policy/generate.ts'
import type { DemoRole } from './aws/accounts.ts'

export const DEMO_AUDIENCE = 'sts.demo.rolegate.example'

/** What the demo accounts call the gateway as a SAML provider. */
export const SAML_PROVIDER = 'rolegate'

type DemoAccount = { readonly alias: string; readonly id: string; readonly rest: string; readonly saml?: true }
type DemoRoleKind = {
  readonly key: string
  readonly roleName: string
  readonly rest: string
  readonly maxHours: number
  /** Session tags, of which the trust policy demands the values too. */
  readonly tags: Readonly<Record<string, string>>
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
  { alias: 'data-prod', id: '333344445555', rest: 'name: Data, env: prod, color: orange, sts: saml', saml: true },
  {
    alias: 'sandbox',
    id: '012345678901',
    rest: 'name: Sandbox, env: dev, sts: saml, console: saml_post',
    saml: true,
  },
]

const ROLES: readonly DemoRoleKind[] = [
  {
    key: 'readonly',
    roleName: 'rolegate/ReadOnly',
    rest: `summary: "Look, don't touch"`,
    maxHours: 12,
    tags: {},
    accounts: ACCOUNTS.map(({ alias }) => alias),
  },
  {
    key: 'developer',
    roleName: 'rolegate/Developer',
    rest: 'summary: Deploy and debug, session_tags: { team: payments }',
    maxHours: 8,
    tags: { team: 'payments' },
    accounts: ['payments-dev'],
  },
  {
    key: 'operator',
    roleName: 'rolegate/Operator',
    rest: 'summary: Restart and roll back',
    maxHours: 2,
    tags: {},
    accounts: ['payments-prod'],
  },
  {
    key: 'admin',
    roleName: 'rolegate/Admin',
    rest: 'summary: Break glass. Everything., elevated: true',
    maxHours: 1,
    tags: {},
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
  - id: payments-on-call
    match: { idp: demo, group: payments-on-call }
    grant: { accounts: [payments-prod], roles: [operator],
             require: { approval: { by: { idp: demo, group: payments-leads }, valid_for: 4h } } }
  - id: payments-leads
    match: { idp: demo, group: payments-leads }
    grant: { accounts: [payments-prod], roles: [readonly] }
  - id: auditors
    match: { idp: demo, group: auditors }
    grant: { accounts: [data-prod], roles: [readonly], policy_arns: [arn:aws:iam::aws:policy/job-function/ViewOnlyAccess] }
  - id: contractors
    match: { idp: contractors, group: /acme/aws-devs }
    grant: { accounts: [data-prod, sandbox], roles: [readonly], max_duration: 4h }`

const TESTS = `
  - as: { idp: demo, groups: [platform-engineers, payments-developers, payments-admins] }
    can: [payments-dev/developer, payments-prod/admin, data-prod/readonly, sandbox/readonly]
  - as: { idp: demo, groups: [auditors] }
    can: [data-prod/readonly]
    cannot: [payments-prod/readonly, payments-prod/admin]
  # Not before somebody has approved it.
  - as: { idp: demo, groups: [payments-on-call] }
    cannot: [payments-prod/operator]
  - as: { idp: demo, groups: [] }
    cannot: [data-prod/readonly]
  - as: { idp: contractors, groups: [/acme/aws-devs] }
    can: [data-prod/readonly, sandbox/readonly]
    cannot: [payments-dev/readonly]
  # A group of that name is another one where somebody else says it.
  - as: { idp: contractors, groups: [platform-engineers] }
    cannot: [sandbox/readonly]`

/** The ports and addresses that the demo's file names. */
export type DemoAddresses = {
  readonly gatewayPort: number
  readonly managementPort: number
  readonly issuer: string
  readonly samlMetadataUrl: string
  readonly stsUrl: string
  readonly federationUrl: string
  readonly samlUrl: string
  readonly consoleHost: string
}

/** The demo's rolegate.yaml, as an operator would write it. */
export const demoConfiguration = ({
  gatewayPort,
  managementPort,
  issuer,
  samlMetadataUrl,
  stsUrl,
  federationUrl,
  samlUrl,
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
    username_domains: [example.com]
    groups: { claim: groups, limit: { count: 200, else: fail } }
    mfa: { claim: amr, any_of: [mfa] }
  - id: contractors
    type: saml
    label: Contractors’ directory (SAML)
    metadata_url: ${samlMetadataUrl}
    entity_id: ${samlMetadataUrl}
    allow: { http: true }
    subject: attributes.uid
    username: attributes.email
    username_domains: [acme.example]
    groups: { attribute: groups, kind: path, limit: { count: 100, else: fail } }

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
  saml:
    strategy: saml
    provider_name: ${SAML_PROVIDER}
    region: eu-central-1
    endpoint: ${stsUrl}
    federation_endpoint: ${federationUrl}
    saml_endpoint: ${samlUrl}
    console_hosts: ["${consoleHost}"]

store: { driver: memory }

audit:
  sinks: [{ type: store }]

admin:
  operators: { idp: demo, group: platform-engineers }
  auditors: { idp: demo, group: auditors }

tests:${TESTS}
`

/** The roles that exist at the demo AWS: those the file names, each with the trust policy we would generate for it. */
export const demoRoles = (issuer: string, samlUrl: string): DemoRole[] =>
  ROLES.flatMap(({ roleName, maxHours, tags, accounts }) =>
    ACCOUNTS.filter(({ alias }) => accounts.includes(alias)).map(({ id: accountId, saml }) => {
      const tagged = { tagKeys: Object.keys(tags), tagValues: tags }
      const role = { partition: 'aws', accountId, roleName, sourceIdentity: true, ...tagged } as const
      return {
        accountId,
        roleName,
        maxSessionSeconds: maxHours * 3600,
        trustPolicy:
          saml === true
            ? samlTrustPolicyFor({ ...role, providerName: SAML_PROVIDER, recipient: samlUrl })
            : trustPolicyFor({ ...role, issuer, audience: DEMO_AUDIENCE }),
      }
    }),
  )

const idsOf = (accounts: readonly DemoAccount[]): readonly string[] => accounts.map(({ id }) => id)
/** The accounts that trust the gateway's tokens, and those that trust its SAML assertions. */
export const tokenAccountIds = idsOf(ACCOUNTS.filter(({ saml }) => saml !== true))
export const samlAccountIds = idsOf(ACCOUNTS.filter(({ saml }) => saml === true))
