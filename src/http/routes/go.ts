import { Router } from 'express'
import * as z from 'zod'
import type { FollowLink, Way } from '../../usecases/entitlement/follow-link.ts'
import type { ListedAccount } from '../../usecases/entitlement/list-accounts.ts'
import type { Now } from '../../usecases/ports.ts'
import { sessionOf } from '../browser-session.ts'
import { accountCard, roleCardIn } from '../cards.ts'
import type { AccountCard } from '../models/cards.ts'
import { show } from '../pages.ts'
import { parse } from '../parse.ts'
import { onePage } from '../portal-list.ts'
import { factsOf } from '../request-facts.ts'

const Name = z.string().min(1).max(64)
/** Our own parameter names and those of AWS's access portal. Other parameters are ignored. */
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
  router.get('/go', async (req, res) => {
    const session = sessionOf(req, deps.now)
    const { account, account_id, role, role_name, ...link } = parse(Query, req.query)
    const asked = { ...link, account: account ?? account_id, role: role ?? role_name }
    const { ways, missing } = await deps.followLink(session, factsOf(res), asked)
    const only = onlyWay(ways)
    if (only !== undefined && missing === undefined) return res.redirect(303, only)
    const carried = Object.fromEntries(Object.entries(asked).flatMap(([name, said]) => (said ? [[name, said]] : [])))
    const { shown, accountCount: _, ...page } = onePage(ways, req.query, '/go', carried)
    const consoles = new Set(ways.map(({ destination }) => destination))
    const destinations = new Map(ways.map((way) => [way.account, way.destination]))
    show(res, 'go', 'Choose a role', {
      ...page,
      carried,
      accounts: shown.map((listed) => cardOf({ ...listed, destination: destinations.get(listed.account) })),
      // One console for all of them, or each account its own page of that name.
      page: consoles.size === 1 ? [...consoles][0] : (link.destination ?? link.url),
      ...(missing !== undefined && { missing }),
    })
  })
  return router
}

/** The page of the role, where there is but one. */
function onlyWay([only, ...others]: readonly Way[]): string | undefined {
  const [role, ...more] = only?.roles ?? []
  return only === undefined || role === undefined || others.length + more.length > 0
    ? undefined
    : `${roleCardIn(only.account, role).href}${queryOf(only)}`
}

const queryOf = ({ destination }: { readonly destination?: string | undefined }): string =>
  destination === undefined ? '' : `?destination=${encodeURIComponent(destination)}`

/**
 * A choice and not a hand-over: a button that opened the console right here would lose the page that the link names.
 */
const cardOf = (way: ListedAccount & { readonly destination: Way['destination'] | undefined }): AccountCard => ({
  ...accountCard(way.account),
  roles: way.roles.map((held) => {
    const { consoleAction: _, ...card } = roleCardIn(way.account, held)
    return { ...card, href: `${card.href}${queryOf(way)}` }
  }),
})
