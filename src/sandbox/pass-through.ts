import type { DemoRole } from './aws/accounts.ts'
import type { ServiceProvider } from './idp/saml/service-provider.ts'

/**
 * Two accounts of the demo AWS that accept what the IdPs themselves sign (threats.md F7), each with the same roles.
 * Only there if a caller asks for them.
 */
export const PASS_THROUGH = {
  saml: { accountId: '444455556666', provider: 'contractors' },
  oidc: { accountId: '555566667777', clientId: 'rolegate-aws' },
} as const

const ROLES = ['rolegate/ReadOnly', 'rolegate/Developer', 'rolegate/Admin']
/** The contractors' directory never heard of the second. */
const ROLES_OF_DIRECTORY = ['rolegate/ReadOnly', 'rolegate/Admin']

/** Their roles, trusting an IdP for all that it signs for AWS: which is what pass-through comes to. */
export const passThroughRoles = ({ samlUrl, issuer }: { samlUrl: string; issuer: string }): DemoRole[] => {
  const { saml, oidc } = PASS_THROUGH
  const provider = issuer.replace(/^https?:\/\//, '')
  return ROLES.flatMap((roleName) => [
    roleOf(saml.accountId, roleName, `saml-provider/${saml.provider}`, 'sts:AssumeRoleWithSAML', {
      'SAML:aud': samlUrl,
    }),
    roleOf(oidc.accountId, roleName, `oidc-provider/${provider}`, 'sts:AssumeRoleWithWebIdentity', {
      [`${provider}:aud`]: oidc.clientId,
    }),
  ])
}

const roleOf = (
  accountId: string,
  roleName: string,
  provider: string,
  action: string,
  audience: Readonly<Record<string, string>>,
): DemoRole => ({
  accountId,
  roleName,
  maxSessionSeconds: 12 * 3600,
  trustPolicy: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${accountId}:${provider}` },
        Action: [action, 'sts:SetSourceIdentity'],
        Condition: { StringEquals: audience },
      },
    ],
  },
})

/** AWS as an application of the contractors' directory: its answers come to a door of the gateway, and all else in them is AWS's. */
export const awsApplication = (
  gateway: string,
  { samlUrl, url, consoleUrl }: { samlUrl: string; url: string; consoleUrl: string },
): ServiceProvider => {
  const { accountId, provider } = PASS_THROUGH.saml
  const pair = (roleName: string) =>
    `arn:aws:iam::${accountId}:role/${roleName},arn:aws:iam::${accountId}:saml-provider/${provider}`
  return {
    entityId: 'urn:amazon:webservices',
    acs: `${gateway}/saml/contractors/aws`,
    aws: { recipient: samlUrl, onward: [url, consoleUrl], roles: ROLES_OF_DIRECTORY.map(pair) },
  }
}
