import type { GatewaySession } from '../domain/sign-in/session.ts'
import type { LoginWay } from '../usecases/device/start-terminal-session.ts'
import type { AskedFrom } from '../usecases/entitlement/circumstances.ts'
import type { StatedRole } from '../usecases/entitlement/list-accounts.ts'
import type { ListRoles } from '../usecases/entitlement/list-roles.ts'

/** What a terminal would be able to take, as the pages that let one in say it. */
export type Given = {
  /** `payments-dev/developer`, at most as many as fit a page. */
  readonly roles: readonly string[]
  readonly roleCount: number
  readonly accountCount: number
  /** Roles of theirs that the terminal does not get, */
  readonly keptCount: number
  /** and those that are confirmed in the browser each time (threats.md H8). */
  readonly confirmedCount: number
}

const MOST_NAMED = 30

/** As the terminal's own session will find it: `via` is what it will be. */
export async function givenTo(
  listRoles: ListRoles,
  session: GatewaySession,
  from: AskedFrom,
  via: LoginWay,
): Promise<Given> {
  const listed = await listRoles({ ...session, via }, from)
  const targets = listed.map(({ entitlement }) => entitlement.target)
  const given = listed.flatMap(({ entitlement, stated }) => (isKept(stated) ? [] : [entitlement.target]))
  const confirmed = listed.filter(({ stated }) => via === 'pkce' && stated.kind.elevated && !isShut(stated))
  return {
    roles: given.slice(0, MOST_NAMED).map(({ name }) => name),
    roleCount: given.length,
    accountCount: new Set(given.map(({ account }) => account.id)).size,
    keptCount: targets.length - given.length - confirmed.length,
    confirmedCount: confirmed.length,
  }
}

/**
 * A role that hours or addresses close now may be open to the terminal a moment later; only a limit of the session
 * itself closes it for good.
 */
const isShut = (stated: StatedRole): boolean => stated.state !== 'available' && !('conditions' in stated.refusal.values)

const isKept = (stated: StatedRole): boolean => stated.kind.elevated || isShut(stated)
