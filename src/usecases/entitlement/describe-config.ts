import { checkFacts, NEEDS, type ConfigFacts, type Need } from '../../domain/aws/config-file/facts.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { AskedFrom } from './circumstances.ts'
import type { ListAccounts, StatedRole } from './list-accounts.ts'

/** What a person's `~/.aws/config` has to say about this gateway, for the stock tools. */
export type DescribeConfig = (session: GatewaySession, from: AskedFrom) => ConfigFacts

export function makeDescribeConfig(deps: {
  listAccounts: ListAccounts
  publicUrl: string
  identityCenter: { readonly startHost: string; readonly region: string }
}): DescribeConfig {
  const { publicUrl: origin, identityCenter } = deps
  // `aws sso login` takes https only: for a gateway on loopback, the AWS-owned host that it must be led to anyway
  // stands in (aws.md §0).
  const startUrl = origin.startsWith('https:') ? `${origin}/start` : `https://${identityCenter.startHost}/start`

  return function describeConfig(session, from) {
    // No terminal gets what an IdP's own assertion opens, whoever asks (threats.md F7).
    const held = deps.listAccounts(session, from).filter(({ account }) => account.passThroughIdp === undefined)
    const all = held.flatMap(({ account: { alias, id: accountId, region }, roles }) =>
      roles.map((role) => ({ alias, role: role.kind.key, accountId, region, needs: needsOf(role) })),
    )
    const roles = all.flatMap(({ needs, ...role }) => (needs.length === 0 ? [role] : []))
    const others = all.flatMap(({ alias, role, accountId, needs }) =>
      needs.length === 0 ? [] : [{ alias, role, accountId, needs }],
    )
    return checkFacts({ origin, startUrl, ssoRegion: identityCenter.region, roles, others })
  }
}

/** What the role or its grant always asks for, now or at another hour, that no stock tool can give (threats.md D4, H8). */
function needsOf({ kind, requires }: StatedRole): readonly Need[] {
  const asked: Readonly<Record<Need, boolean>> = {
    elevated: kind.elevated,
    reason: requires.some(({ reason }) => reason !== undefined),
    approval: requires.some(({ approval }) => approval !== undefined),
  }
  return NEEDS.filter((need) => asked[need])
}
