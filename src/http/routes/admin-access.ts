import { Router, type Request, type Response } from 'express'
import * as z from 'zod'
import { LONGEST_REASON } from '../../domain/entitlement/conditions.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { ExplainAs, RolesHeld } from '../../usecases/admin/explain-as.ts'
import type { ExplainForStaff } from '../../usecases/admin/explain-for-staff.ts'
import type { CurrentRules, Now } from '../../usecases/ports.ts'
import type { IdentityProvider } from '../../usecases/ports/identity-provider.ts'
import { answerFor } from '../answers.ts'
import { sessionOf } from '../browser-session.ts'
import { conditionAsked } from '../conditions.ts'
import { inWordsForStaff, requiresInWords } from '../explanation.ts'
import { conditionSentence } from '../reasons.ts'
import { ImaginedBody, NamedBody } from '../imagined.ts'
import { groupNamesIn, type GroupName } from '../group-names.ts'
import { show, type Pages } from '../pages.ts'
import { parse } from '../parse.ts'
import { factsOf } from '../request-facts.ts'

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
  person: z.string().max(320).trim().default(''),
  at: z.string().max(40).trim().default(''),
  ip: z.string().max(60).trim().default(''),
  mfa: z.enum(['', 'now', 'none']).default(''),
  reason: z.string().max(LONGEST_REASON).trim().default(''),
})
type Asked = Pages['admin-access']['asked']

const NOTHING: Asked = { role: '', idp: '', groups: '', person: '', at: '', ip: '', mfa: '', reason: '' }
const MFA = new Map<string, string | false>([
  ['now', '0s'],
  ['none', false],
])
const MOST_SUGGESTED = 200
const TITLE = 'Who may take what'

/** Who may take what, and why. Asked by a POST, so that no group is in a URL. Nothing is stored and nothing changes. */
export function adminAccessRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })

  router.get('/admin/access', (_req, res) => {
    show(res, 'admin-access', TITLE, formModel(NOTHING))
  })

  router.post('/admin/access', async (req, res) => {
    const { _csrf, ...asked } = parse(Form, req.body)
    const lacking = lackingIn(asked)
    if (lacking !== undefined)
      return show(res.status(400), 'admin-access', TITLE, { ...formModel(asked), problem: lacking })
    try {
      show(res, 'admin-access', asked.role === '' ? 'What somebody may take' : `Who may take ${asked.role}`, {
        ...formModel(asked),
        ...(await answerTo(req, res, asked)),
      })
    } catch (thrown) {
      // Somebody who mistyped keeps what they have typed.
      if (!(thrown instanceof RolegateError) || !AMENDED_IN_THE_FORM.has(thrown.code)) throw thrown
      const { status, title, why } = answerFor(thrown)
      show(res.status(status), 'admin-access', title, { ...formModel(asked), problem: `${title}: ${why}` })
    }
  })

  async function answerTo(req: Request, res: Response, asked: Asked): Promise<Told> {
    const staff = deps.explainForStaff(sessionOf(req, deps.now), 'page', factsOf(res))
    if (asked.person !== '') return ofPerson(staff, asked)
    if (asked.idp !== '' && asked.role === '') return { holds: inWordsHeld(staff.rolesOf(somebodyIn(asked))) }
    if (asked.idp !== '')
      return { explained: inWordsForStaff(staff.explain(asked.role, somebodyIn(asked)), deps.groupName) }
    const { requires, rules, ...who } = staff.whoMay(asked.role)
    const words = { requires: requires.map(conditionAsked), rules: rules.map(requiresInWords) }
    return { who: { ...who, ...words, ...groupNamesIn(rules, undefined, deps.groupName) } }
  }

  async function ofPerson(staff: ExplainAs, asked: Asked): Promise<Told> {
    // Whose groups count must be beyond doubt.
    if (asked.groups !== '') throw new RolegateError('invalid_request', { field: 'groups beside somebody signed in' })
    const named = personIn(asked)
    if (asked.role !== '') {
      const { person, ...story } = await staff.explainPerson(asked.role, named)
      return { explained: inWordsForStaff(story, deps.groupName), person }
    }
    const { person, ...held } = await staff.rolesOfPerson(named)
    return { holds: inWordsHeld(held), person }
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

type Told = Pick<Pages['admin-access'], 'explained' | 'who' | 'holds' | 'person'>

/** What has to be said before there is a question at all. */
function lackingIn({ role, idp, groups, person }: Asked): string | undefined {
  if (person !== '' || idp !== '') return undefined
  if (groups !== '')
    return 'Say which directory states these groups, under “Signed in with”: another may have groups of the same names.'
  return role === '' ? 'Name a role, or say which directory somebody signs in with.' : undefined
}

/** What is amended in the form itself. */
const AMENDED_IN_THE_FORM: ReadonlySet<string> = new Set(['role_unknown', 'role_ambiguous', 'invalid_request'])

const inWordsHeld = ({ roles, ...holds }: RolesHeld) => ({
  ...holds,
  roles: roles.map((one) => ({ ...one, lacks: one.lacks.map(conditionAsked), kept: one.kept.map(conditionSentence) })),
})

const somebodyIn = (asked: Asked) =>
  parse(ImaginedBody, { idp: asked.idp, groups: linesOf(asked.groups), ...circumstancesIn(asked) })

const personIn = (asked: Asked) =>
  parse(NamedBody, { name: asked.person, ...(asked.idp !== '' && { idp: asked.idp }), ...circumstancesIn(asked) })

/** What is left blank is as the rules want it. */
const circumstancesIn = ({ at, ip, mfa, reason }: Asked) => ({
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
