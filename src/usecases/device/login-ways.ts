import { unmet } from '../../domain/errors.ts'
import type { LoginWay } from './start-terminal-session.ts'

/** How the people of each IdP may sign terminals in. */
export type LoginWays = ReadonlyMap<string, ReadonlySet<LoginWay>>

/** Fails with `condition_unmet` where the operator has switched this way off for that IdP (security.md D-1). */
export function requireWay(ways: LoginWays, idp: string, way: LoginWay): void {
  if (ways.get(idp)?.has(way) === true) return
  throw unmet(`no_${way}_login`)
}
