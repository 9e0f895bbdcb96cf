import { Router, type Request } from 'express'
import { z } from 'zod'
import { LONGEST_REASON } from '../../domain/entitlement/conditions.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { ExplainForStaff } from '../../usecases/admin/explain-as.ts'
import type { CurrentRules, IdentityProvider, Now } from '../../usecases/ports.ts'
import { answerFor } from '../answers.ts'
import { sessionOf } from '../browser-session.ts'
import { conditionAsked } from '../conditions.ts'
import { inWordsForStaff, requiresInWords } from '../explanation.ts'
import { ImaginedBody } from '../imagined.ts'
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
  at: z.string().max(40).trim().default(''),
  ip: z.string().max(60).trim().default(''),
  mfa: z.enum(['', 'now', 'none']).default(''),
  reason: z.string().max(LONGEST_REASON).trim().default(''),
})
type Asked = Pages['admin-access']['asked']

const NOTHING: Asked = { role: '', idp: '', groups: '', at: '', ip: '', mfa: '', reason: '' }
const MFA = new Map<string, string | false>([
  ['now', '0s'],
  ['none', false],
])
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
      show(res, 'admin-access', asked.role === '' ? 'What somebody may take' : `Who may take ${asked.role}`, {
        ...formModel(asked),
        ...answerTo(req, asked),
      })
    } catch (thrown) {
      // Somebody who mistyped keeps what they have typed.
      if (!(thrown instanceof RolegateError) || !['role_unknown', 'invalid_request'].includes(thrown.code)) throw thrown
      const { status, title, why } = answerFor(thrown)
      show(res.status(status), 'admin-access', title, { ...formModel(asked), problem: `${title}: ${why}` })
    }
  })

  function answerTo(req: Request, asked: Asked): Pick<Pages['admin-access'], 'explained' | 'who' | 'holds'> {
    const staff = deps.explainForStaff(sessionOf(req, deps.now), 'page')
    if (asked.idp !== '' && asked.role === '') {
      const { roles, ...holds } = staff.rolesOf(somebodyIn(asked))
      const inWords = roles.map((one) => ({ ...one, lacks: one.lacks.map(conditionAsked) }))
      return { holds: { ...holds, roles: inWords } }
    }
    if (asked.idp !== '')
      return { explained: inWordsForStaff(staff.explain(asked.role, somebodyIn(asked)), deps.groupName) }
    const { requires, rules, ...who } = staff.whoMay(asked.role)
    const words = { requires: requires.map(conditionAsked), rules: rules.map(requiresInWords) }
    return { who: { ...who, ...words, ...groupNamesIn(rules, undefined, deps.groupName) } }
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

/** What is left blank is as the rules want it. */
const somebodyIn = ({ idp, groups, at, ip, mfa, reason }: Asked) =>
  parse(ImaginedBody, {
    idp,
    groups: linesOf(groups),
    // The field of a browser knows no zone, and says UTC.
    ...(at !== '' && { at: /^[-\dT:]{16,19}$/.test(at) ? `${at}Z` : at }),
    ...(ip !== '' && { ip }),
    ...(MFA.has(mfa) && { mfa: MFA.get(mfa) }),
    ...(reason !== '' && { reason }),
  })

/** A group a line: some hold commas. */
const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
