import { startDemoAws, type DemoAws } from './aws/demo-aws.ts'
import { DEMO_AUDIENCE, demoAccountIds, demoConfiguration, demoRoles } from './demo-configuration.ts'
import { startDemoIdp } from './idp/demo-idp.ts'
import { DEMO_PASSWORD, DEMO_PEOPLE } from './idp/people.ts'

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
  readonly people: readonly { readonly username: string; readonly password: string; readonly what: string }[]
  readonly urls: { readonly gateway: string; readonly idp: string; readonly aws: string; readonly console: string }
  /** The stand-in for AWS, for tests to look into and to upset. */
  readonly aws: DemoAws
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
  ...chance
}: DemoPorts & { readonly now: () => Date; readonly random: (bytes: number) => Uint8Array }): Promise<DemoWorld> {
  const gateway = `http://127.0.0.1:${gatewayPort}`
  const clientSecret = Buffer.from(chance.random(32)).toString('hex')
  const trusted = { issuer: gateway, audiences: [DEMO_AUDIENCE] }
  const aws = await startDemoAws({
    port: awsPort,
    consolePort,
    roles: demoRoles(gateway),
    oidcProviders: new Map(demoAccountIds.map((id) => [id, trusted])),
    ...chance,
  })
  const idp = await startDemoIdp({ port: idpPort, gatewayOrigin: gateway, clientSecret, ...chance }).catch(
    async (cause: unknown) => {
      await aws.close()
      throw cause
    },
  )
  const { url: stsUrl, federationUrl, consoleHost } = aws
  return {
    configText: demoConfiguration({
      gatewayPort,
      managementPort,
      issuer: idp.issuer,
      stsUrl,
      federationUrl,
      consoleHost,
    }),
    env: { DEMO_CLIENT_SECRET: clientSecret },
    people: DEMO_PEOPLE.map(({ username, what }) => ({ username, password: DEMO_PASSWORD, what })),
    urls: { gateway, idp: idp.issuer, aws: aws.url, console: aws.consoleUrl },
    aws,
    close: async () => void (await Promise.all([aws.close(), idp.close()])),
  }
}
