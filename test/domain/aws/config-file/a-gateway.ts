import { checkFacts, type ConfigFacts, type ConfigRole } from '../../../../src/domain/aws/config-file/facts.ts'

export const ORIGIN = 'https://aws.example.com'

export const aConfigRole = (over: Partial<ConfigRole> = {}): ConfigRole => ({
  alias: 'payments-dev',
  role: 'readonly',
  accountId: '012345678901',
  region: 'eu-central-1',
  ...over,
})

export const PROD = aConfigRole({ alias: 'payments-prod', accountId: '222233334444' })

/** What a gateway says of itself, and these roles. */
export const someFacts = (roles: readonly ConfigRole[] = [aConfigRole(), PROD], over: object = {}): ConfigFacts =>
  checkFacts({ origin: ORIGIN, startUrl: `${ORIGIN}/start`, ssoRegion: 'eu-central-1', roles, ...over })
