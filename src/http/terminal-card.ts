import type { ListRoles } from '../usecases/entitlement/list-roles.ts'

/** What a terminal would be able to take, as the pages that let one in say it. */
export type Given = {
  /** `payments-dev/developer`, at most as many as fit a page. */
  readonly roles: readonly string[]
  readonly roleCount: number
  readonly accountCount: number
  readonly elevatedCount: number
}

const MOST_NAMED = 30

export function givenTo(listed: ReturnType<ListRoles>): Given {
  const targets = listed.map(({ entitlement }) => entitlement.target)
  const given = targets.filter(({ kind }) => !kind.elevated)
  return {
    roles: given.slice(0, MOST_NAMED).map(({ name }) => name),
    roleCount: given.length,
    accountCount: new Set(given.map(({ account }) => account.id)).size,
    elevatedCount: targets.length - given.length,
  }
}
