import type { GatewaySession } from '../sign-in/session.ts'
import { unbindable } from './binding.ts'
import type { RuleIndex } from './compile.ts'
import type { Circumstances } from './conditions.ts'
import { entitlementsOf, type Entitlement } from './decide.ts'
import { passThroughFault } from './pass-through.ts'
import type { RoleTarget } from './rule.ts'
import { inTheWay } from './standing.ts'

/** By name, what keeps a session from a role whatever the rules say of its person. */
export type KeptFrom = (target: RoleTarget, held?: Entitlement) => readonly string[]

const MOST_NEAREST = 5

/**
 * Roles that they could take in place of this one: of the same account, then of the same kind, and elevated ones last,
 * for nobody is to take more than they came for. What the list of their roles calls available is what is meant here.
 */
export function nearestTo(
  index: RuleIndex,
  session: GatewaySession,
  { name, account, kind }: RoleTarget,
  kept: KeptFrom,
  circumstances: Circumstances,
): readonly string[] {
  const others = entitlementsOf(index, session.principal, circumstances).filter(({ target }) => target.name !== name)
  const near = [
    ...others.filter(({ target }) => target.account.alias === account.alias),
    ...others.filter(({ target }) => target.account.alias !== account.alias && target.kind.key === kind.key),
  ]
  const plainFirst = near.toSorted((a, b) => Number(a.target.kind.elevated) - Number(b.target.kind.elevated))
  const nearest: string[] = []
  for (const held of plainFirst) {
    if (nearest.length === MOST_NEAREST) break
    if (isThere(held, session, kept, circumstances)) nearest.push(held.target.name)
  }
  return nearest
}

const isThere = (held: Entitlement, session: GatewaySession, kept: KeptFrom, circumstances: Circumstances): boolean =>
  inTheWay(held.unmet, session).length === 0 &&
  kept(held.target, held).length === 0 &&
  passThroughFault(held.target, session, held) === undefined &&
  !(held.bindIp === true && unbindable(circumstances) !== undefined)
