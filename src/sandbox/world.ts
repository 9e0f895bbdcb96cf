import { startDemoAws, type DemoAws } from './aws/demo-aws.ts'
import type { SamlProvider } from './aws/saml-metadata.ts'
import {
  DEMO_AUDIENCE,
  demoConfiguration,
  demoRoles,
  SAML_PROVIDER,
  samlAccountIds,
  tokenAccountIds,
} from './demo-configuration.ts'
import { startDemoIdp } from './idp/demo-idp.ts'
import { DEMO_PASSWORD, DEMO_PEOPLE, SAML_PEOPLE } from './idp/people.ts'
import type { DemoSamlIdp } from './idp/saml/saml-idp.ts'
import { awsApplication, PASS_THROUGH, passThroughRoles } from './pass-through.ts'

export type DemoPorts = {
  /** Where the gateway will be: it must be a number that is known now, since the demo's file names it. */
  readonly gatewayPort: number
  readonly managementPort: number
  /** 0 for these three: any free port. */
  readonly idpPort: number
  readonly awsPort: number
  readonly consolePort: number
}

/** Everything around the gateway that a company would bring, running on loopback. */
export type DemoWorld = {
  /** The demo's rolegate.yaml. */
  readonly configText: string
  /** Secrets that the file names by `…_env`; made anew at each start. */
  readonly env: Readonly<Record<string, string>>
  readonly people: readonly {
    readonly directory: string
    readonly people: readonly { readonly username: string; readonly password: string; readonly what: string }[]
  }[]
  readonly urls: { readonly gateway: string; readonly idp: string; readonly aws: string; readonly console: string }
  /** The stand-in for AWS, for tests to look into and to upset. */
  readonly aws: DemoAws
  /** The contractors' directory, to look into and to upset. */
  readonly saml: DemoSamlIdp
  readonly close: () => Promise<void>
}

/**
 * Starts the demo IdP, STS, sign-in endpoint and console, on loopback only (threats.md P5), and says how a gateway is
 * configured to use them. The gateway itself is the caller's. Fails when a port is taken or oidc-provider is not installed.
 */
export async function startDemoWorld({
  gatewayPort,
  managementPort,
  idpPort,
  awsPort,
  consolePort,
  passThrough = false,
  ...chance
}: DemoPorts & {
  /** With accounts that take what the IdPs themselves sign. */
  readonly passThrough?: boolean
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
}): Promise<DemoWorld> {
  const gateway = `http://127.0.0.1:${gatewayPort}`
  const clientSecret = Buffer.from(chance.random(32)).toString('hex')
  // What an administrator would upload; the gateway makes its key when it starts.
  const metadata = async () => (await fetch(`${gateway}/issuer/saml/metadata`)).text()
  const saml = `${gateway}/saml/contractors`
  const sp = { entityId: `${saml}/metadata`, acs: `${saml}/acs`, slo: `${saml}/slo` }
  const ours = { issuer: gateway, audiences: [DEMO_AUDIENCE] }
  const awsClient = { id: PASS_THROUGH.oidc.clientId, secret: Buffer.from(chance.random(32)).toString('hex') }
  let started: DemoAws | undefined
  const idp = await startDemoIdp({
    port: idpPort,
    gatewayOrigin: gateway,
    clientSecret,
    ...(passThrough && { awsClient }),
    saml: { sp, others: () => (passThrough && started !== undefined ? [awsApplication(gateway, started)] : []) },
    ...chance,
  })
  const { issuer } = idp
  const aws = await startDemoAws({
    port: awsPort,
    consolePort,
    roles: (samlUrl) => [...demoRoles(gateway, samlUrl), ...(passThrough ? passThroughRoles({ samlUrl, issuer }) : [])],
    oidcProviders: new Map([
      ...tokenAccountIds.map((id) => [id, ours] as const),
      [PASS_THROUGH.oidc.accountId, { issuer, audiences: [awsClient.id] }],
    ]),
    samlProviders: new Map<string, readonly SamlProvider[]>([
      ...samlAccountIds.map((id) => [id, [{ name: SAML_PROVIDER, metadata }]] as const),
      [PASS_THROUGH.saml.accountId, [{ name: PASS_THROUGH.saml.provider, metadata: async () => idp.saml.metadata() }]],
    ]),
    ...chance,
  }).catch(async (cause: unknown) => {
    await idp.close()
    throw cause
  })
  started = aws
  const { url: stsUrl, federationUrl, samlUrl, consoleHost } = aws
  return {
    configText: demoConfiguration({
      gatewayPort,
      managementPort,
      issuer: idp.issuer,
      samlMetadataUrl: idp.saml.entityId,
      stsUrl,
      federationUrl,
      samlUrl,
      consoleHost,
    }),
    env: { DEMO_CLIENT_SECRET: clientSecret, ...(passThrough && { DEMO_AWS_CLIENT_SECRET: awsClient.secret }) },
    people: [
      { directory: 'Demo directory', people: DEMO_PEOPLE },
      { directory: 'Contractors’ directory (SAML)', people: SAML_PEOPLE },
    ].map(({ directory, people }) => ({
      directory,
      people: people.map(({ username, what }) => ({ username, password: DEMO_PASSWORD, what })),
    })),
    urls: { gateway, idp: idp.issuer, aws: aws.url, console: aws.consoleUrl },
    aws,
    saml: idp.saml,
    close: async () => void (await Promise.all([aws.close(), idp.close()])),
  }
}
