import { Router, type Request } from 'express'
import { z } from 'zod'
import { RolegateError } from '../../domain/errors.ts'
import type { ExplainForStaff } from '../../usecases/admin/explain-as.ts'
import type { CurrentRules, IdentityProvider, Now } from '../../usecases/ports.ts'
import { answerFor } from '../answers.ts'
import { sessionOf } from '../browser-session.ts'
import { inWords } from '../explanation.ts'
import { groupNamesIn, type GroupName } from '../group-names.ts'
import { show, type Pages } from '../pages.ts'
import { parse } from '../parse.ts'

type Deps = {
  explainForStaff: ExplainForStaff
  rules: CurrentRules
  groupName: GroupName
  providers: ReadonlyMap<string, IdentityProvider>
  now: Now
}

const Form = z.strictObject({
  _csrf: z.string(),
  role: z.string().max(2048).trim(),
  idp: z.string().max(63),
  groups: z.string().max(12_000),
})
type Asked = Pages['admin-access']['asked']

const NOTHING: Asked = { role: '', idp: '', groups: '' }
const MOST_SUGGESTED = 200

/**
 * Who may take what, and why: asked by a form that is posted, so that no group stands in an address. Nothing is kept of it, and
 * nothing changes.
 */
export function adminAccessRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })

  router.get('/admin/access', (_req, res) => {
    show(res, 'admin-access', 'Who may take what', formModel(NOTHING))
  })

  router.post('/admin/access', (req, res) => {
    const { _csrf, ...asked } = parse(Form, req.body)
    try {
      show(res, 'admin-access', `Who may take ${asked.role}`, { ...formModel(asked), ...answerTo(req, asked) })
    } catch (thrown) {
      // Somebody who mistyped keeps what they have typed.
      if (!(thrown instanceof RolegateError) || !['role_unknown', 'invalid_request'].includes(thrown.code)) throw thrown
      const { status, title, why } = answerFor(thrown)
      show(res.status(status), 'admin-access', title, { ...formModel(asked), problem: `${title}: ${why}` })
    }
  })

  function answerTo(req: Request, { role, idp, groups }: Asked): Pick<Pages['admin-access'], 'explained' | 'who'> {
    const staff = deps.explainForStaff(sessionOf(req, deps.now), 'page')
    if (idp !== '') return { explained: inWords(staff.explain(role, { idp, groups: linesOf(groups) }), deps.groupName) }
    const who = staff.whoMay(role)
    return { who: { ...who, ...groupNamesIn(who.rules, undefined, deps.groupName) } }
  }

  function formModel(asked: Asked): Pages['admin-access'] {
    const { accounts, roles } = deps.rules().mapping
    return {
      asked,
      idps: [...deps.providers.values()].map(({ id, label }) => ({ id, label })),
      roleNames:
        accounts.size * roles.size > MOST_SUGGESTED
          ? []
          : [...accounts.keys()].flatMap((alias) => [...roles.keys()].map((key) => `${alias}/${key}`)),
    }
  }

  return router
}

/** A group a line: some hold commas. */
const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
