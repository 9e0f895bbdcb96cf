import { checkFacts, type ConfigFacts } from '../../domain/aws/config-file/facts.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { AskedFrom } from './circumstances.ts'
import type { ListAccounts } from './list-accounts.ts'

/** What a person's `~/.aws/config` has to say about this gateway, for the stock tools. */
export type DescribeConfig = (session: GatewaySession, from: AskedFrom) => ConfigFacts

export function makeDescribeConfig(deps: {
  listAccounts: ListAccounts
  publicUrl: string
  identityCenter: { readonly startHost: string; readonly region: string }
}): DescribeConfig {
  const { publicUrl: origin, identityCenter } = deps
  // `aws sso login` takes https alone: on loopback the host it must be led to anyway stands in (aws.md §0).
  const startUrl = origin.startsWith('https:') ? `${origin}/start` : `https://${identityCenter.startHost}/start`

  return function describeConfig(session, from) {
    const roles = deps
      .listAccounts(session, from)
      // No terminal gets these, whoever asks (threats.md D4, F7).
      .filter(({ account }) => account.passThroughIdp === undefined)
      .flatMap(({ account: { alias, id: accountId, region }, roles }) =>
        roles.filter(({ kind }) => !kind.elevated).map(({ kind }) => ({ alias, role: kind.key, accountId, region })),
      )
    return checkFacts({ origin, startUrl, ssoRegion: identityCenter.region, roles })
  }
}
