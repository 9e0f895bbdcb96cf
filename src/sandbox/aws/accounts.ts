import { base32 } from '../../domain/aws/session-name.ts'
import type { OidcProvider } from './identity-token.ts'
import type { Random } from './role-session.ts'
import type { SamlProvider } from './saml-metadata.ts'

/** An IAM role of the demo. Tests change its trust policy as an administrator would. */
export type DemoRole = {
  readonly accountId: string
  /** Path and name. */
  readonly roleName: string
  trustPolicy: unknown
  maxSessionSeconds: number
}

/** The demo's IAM: who exists, and whose tokens and assertions are taken. */
export type Accounts = {
  /** The role of exactly this ARN, or undefined. */
  readonly findRole: (arn: string) => { readonly role: DemoRole; readonly roleId: string } | undefined
  /** The role, to look at and to change. Fails when there is none. */
  readonly role: (accountId: string, roleName: string) => DemoRole
  readonly providerOf: (accountId: string) => OidcProvider | undefined
  /** The SAML provider of exactly this ARN, or undefined. */
  readonly findSamlProvider: (arn: string) => SamlProvider | undefined
  /** Of every SAML provider that has one: what an encrypted assertion may be opened with. */
  readonly decryptionKeys: readonly string[]
}

export function makeAccounts(deps: {
  roles: readonly DemoRole[]
  oidcProviders: ReadonlyMap<string, OidcProvider>
  samlProviders: ReadonlyMap<string, readonly SamlProvider[]>
  random: Random
}): Accounts {
  const known = new Map(
    deps.roles.map((role) => [
      arnOf(role.accountId, role.roleName),
      { role: { ...role }, roleId: `AROA${base32(deps.random(11)).slice(0, 17).toUpperCase()}` },
    ]),
  )
  const samlProviders = new Map<string, SamlProvider>(
    [...deps.samlProviders].flatMap(([accountId, providers]) =>
      providers.map((provider) => [`arn:aws:iam::${accountId}:saml-provider/${provider.name}`, provider] as const),
    ),
  )
  return {
    findRole: (arn) => known.get(arn),
    role(accountId, roleName) {
      const found = known.get(arnOf(accountId, roleName))
      if (found === undefined) throw new Error(`The demo AWS has no role ${arnOf(accountId, roleName)}.`)
      return found.role
    },
    providerOf: (accountId) => deps.oidcProviders.get(accountId),
    findSamlProvider: (arn) => samlProviders.get(arn),
    decryptionKeys: [...samlProviders.values()].flatMap(({ privateKeyPem }) => privateKeyPem ?? []),
  }
}

const arnOf = (accountId: string, roleName: string): string => `arn:aws:iam::${accountId}:role/${roleName}`
