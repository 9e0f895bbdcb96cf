import { Router } from 'express'
import { z } from 'zod'
import type { Entitlement } from '../../domain/entitlement/decide.ts'
import type { Followed, FollowLink } from '../../usecases/entitlement/follow-link.ts'
import type { Now } from '../../usecases/ports.ts'
import { sessionOf } from '../browser-session.ts'
import { accountCard, roleCard } from '../cards.ts'
import { show, type AccountCard } from '../pages.ts'
import { parse } from '../parse.ts'

const Name = z.string().min(1).max(64)
/** Our own names and those of AWS's access portal; what else a link carries is nothing to us. */
const Query = z.object({
  account: Name.optional(),
  account_id: Name.optional(),
  role: Name.optional(),
  role_name: Name.optional(),
  region: Name.optional(),
  destination: z.string().max(2000).optional(),
  url: z.string().max(2000).optional(),
})

/**
 * `GET /go`: links into the console, made by anybody, opened by somebody else. They end on a role's page, or on a choice
 * among the opener's roles, and nothing is handed over before a form is sent from there (threats.md H1).
 */
export function goRoutes(deps: { followLink: FollowLink; now: Now }): Router {
  const router = Router({ caseSensitive: true })
  router.get('/go', (req, res) => {
    const session = sessionOf(req, deps.now)
    const { account, account_id, role, role_name, ...link } = parse(Query, req.query)
    const asked = { ...link, account: account ?? account_id, role: role ?? role_name }
    const { ways, missing } = deps.followLink(session, asked)
    const [only, ...others] = ways
    if (only !== undefined && others.length === 0 && missing === undefined) return res.redirect(303, pageOf(only))
    const pages = new Set(ways.map(({ destination }) => destination))
    show(res, 'go', 'Choose a role', {
      accounts: cardsOf(ways),
      // One console for all of them, or each account its own page of that name.
      ...(pages.size === 1 ? { page: [...pages][0] } : { page: link.destination ?? link.url }),
      ...(missing !== undefined && { missing }),
    })
  })
  return router
}

type Way = Followed['ways'][number]

const pageOf = ({ entitlement: { target }, destination }: Way): string =>
  `/roles/${target.name}${destination === undefined ? '' : `?destination=${encodeURIComponent(destination)}`}`

/** A choice, not a hand-over: no button opens the console from here, for it would forget the page. */
function cardsOf(ways: readonly Way[]): AccountCard[] {
  const byAccount = new Map<Entitlement['target']['account'], Way[]>()
  for (const way of ways) {
    const { account } = way.entitlement.target
    byAccount.set(account, [...(byAccount.get(account) ?? []), way])
  }
  return [...byAccount].map(([account, ways]) => ({
    ...accountCard(account),
    roles: ways.map((way) => {
      const { consoleAction: _, ...card } = roleCard(way.entitlement)
      return { ...card, href: pageOf(way) }
    }),
  }))
}
