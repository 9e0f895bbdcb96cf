import { Router, type RequestHandler } from 'express'
import * as z from 'zod'
import { isRegion } from '../../domain/aws/partition.ts'
import type { Sha256 } from '../../domain/aws/session-name.ts'
import { RolegateError, unmet } from '../../domain/errors.ts'
import type { DescribePolicy } from '../../usecases/admin/describe-policy.ts'
import type { ExplainForStaff } from '../../usecases/admin/explain-for-staff.ts'
import type { DescribeConfig } from '../../usecases/entitlement/describe-config.ts'
import type { ListWithRequests } from '../../usecases/entitlement/list-with-requests.ts'
import type { ListRoles } from '../../usecases/entitlement/list-roles.ts'
import type { OpenConsole } from '../../usecases/hand-over/open-console.ts'
import type { Now } from '../../usecases/ports.ts'
import type { ExplainRole } from '../../usecases/entitlement/explain-role.ts'
import type { MySessions } from '../../usecases/sign-in/my-sessions.ts'
import type { TerminalStepUp } from '../../usecases/step-up/terminal-step-up.ts'
import { signedIn } from '../authenticate.ts'
import { sendAwsConfig } from '../aws-config.ts'
import { compactRoles } from '../compact-roles.ts'
import { makeSendKept, sendCompressed } from '../compressed.ts'
import { CredentialsBody, withStepUp, type AnswerCredentials } from '../credentials.ts'
import { inWords, inWordsForStaff } from '../explanation.ts'
import { groupNamesFor, type GroupName } from '../group-names.ts'
import { ImaginedBody, NamedBody } from '../imagined.ts'
import { failAsAtHotDoor } from '../hot-door.ts'
import { jsonBody } from '../json-body.ts'
import { parse, TimeZoneText } from '../parse.ts'
import { factsOf } from '../request-facts.ts'
import { approvalOf, whyNot } from '../why-not.ts'

const ConsoleBody = z.strictObject({
  ...CredentialsBody.shape,
  destination: z.string().max(2000).optional(),
  region: z.string().refine(isRegion).optional(),
})
/** Whatever else a client sends along is nothing to us. */
const RolesQuery = z.object({ form: z.enum(['full', 'compact']).optional() })

const ExplainBody = z.strictObject({
  role: z.string().min(3).max(2048),
  as: ImaginedBody.optional(),
  person: NamedBody.optional(),
  /** Of whoever asks about themselves: for lengths that end at a time of day. */
  timeZone: TimeZoneText.optional(),
})
const EndBody = z.strictObject({ id: z.string().min(1).max(200) })

type Deps = {
  authenticate: RequestHandler
  mySessions: MySessions
  explainRole: ExplainRole
  explainForStaff: ExplainForStaff
  describePolicy: DescribePolicy
  listAccounts: ListWithRequests['accounts']
  listRoles: ListRoles
  describeConfig: DescribeConfig
  sha256: Sha256
  answerCredentials: AnswerCredentials
  openConsole: OpenConsole
  terminalStepUp: TerminalStepUp
  groupName: GroupName
  version: string
  now: Now
}

/** The programs' door. Bearer first; with the portal's cookie it is a browser; both at once is refused (threats.md H7). */
export function v1Routes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })
  const body = jsonBody()
  const { authenticate } = deps

  router.get('/v1/whoami', authenticate, (_req, res) => {
    const { principal, via, endsAt } = signedIn(res)
    res.json({
      subject: principal.subject,
      username: principal.username,
      ...(principal.email !== undefined && { email: principal.email }),
      idp: principal.idp,
      groups: { count: principal.groups.names.length, truncated: principal.groups.state === 'truncated' },
      session: { via, expiresAt: endsAt },
    })
  })

  const sendKept = makeSendKept()

  router.get('/v1/roles', authenticate, async (req, res) => {
    const { form } = parse(RolesQuery, req.query)
    const [session, from] = [signedIn(res), factsOf(res)]
    const { idp } = session.principal
    const named = (groups: Parameters<typeof groupNamesFor>[1]) => groupNamesFor(idp, groups, deps.groupName)
    res.type('json')
    if (form === 'compact') {
      const listed = await deps.listAccounts(session, from)
      await sendKept(req, res, listed, () => {
        const answer = compactRoles(listed)
        return JSON.stringify({ ...answer, ...named(answer.groups) })
      })
    } else {
      const answer = fullRoles(await deps.listRoles(session, from))
      const groups = answer.roles.flatMap(({ via }) => via.map(({ group }) => group))
      await sendCompressed(req, res, JSON.stringify({ ...answer, ...named(groups) }))
    }
  })

  router.get('/v1/aws-config', authenticate, async (req, res) => {
    await sendAwsConfig(req, res, deps.describeConfig(signedIn(res), factsOf(res)), deps)
  })

  router.get('/v1/sessions', authenticate, async (_req, res) => {
    const current = signedIn(res)
    const held = await deps.mySessions.list(current)
    res.json({
      sessions: held.map(({ id, via, terminal, lastSeenAt, endsAt }) => ({
        id,
        via,
        client: terminal?.client ?? via,
        ...(terminal?.host !== undefined && { host: terminal.host }),
        ...(terminal !== undefined && { address: terminal.address }),
        signedInAt: lastSeenAt,
        expiresAt: endsAt,
        current: id === current.id,
      })),
    })
  })

  router.post('/v1/sessions/end', ...body, authenticate, async (req, res) => {
    await deps.mySessions.end(signedIn(res), parse(EndBody, req.body).id, factsOf(res))
    res.status(204).end()
  })

  router.post('/v1/explain', ...body, authenticate, async (req, res) => {
    const { role, as, person, timeZone } = parse(ExplainBody, req.body)
    const session = signedIn(res)
    if (as === undefined && person === undefined)
      return res.json(inWords(await deps.explainRole(session, factsOf(res), role, timeZone), deps.groupName))
    const staff = deps.explainForStaff(session, 'api', factsOf(res))
    if (as !== undefined && person !== undefined)
      throw new RolegateError('invalid_request', { field: 'as beside person' })
    if (timeZone !== undefined) throw new RolegateError('invalid_request', { field: 'timeZone beside somebody else' })
    const story = person === undefined ? as && staff.explain(role, as) : await staff.explainPerson(role, person)
    return res.json(story && inWordsForStaff(story, deps.groupName))
  })

  router.get('/v1/config', authenticate, async (req, res) => {
    await sendCompressed(req, res.type('json'), JSON.stringify(deps.describePolicy(signedIn(res))))
  })

  router.post('/v1/credentials', failAsAtHotDoor, ...body, authenticate, async (req, res) => {
    res.json(await deps.answerCredentials(signedIn(res), req.body, factsOf(res)))
  })

  router.post('/v1/console', ...body, authenticate, async (req, res) => {
    const session = signedIn(res)
    // threats.md H3: a page has its own form; a sign-in URL is not for scripts of the portal's origin.
    if (session.via === 'browser') throw unmet('bearer_only')
    const { role, seconds, reason, timeZone, destination, region, stepUp: id } = parse(ConsoleBody, req.body)
    const request = factsOf(res)
    const said = {
      ...(seconds !== undefined && { seconds }),
      ...(reason !== undefined && { reason }),
      ...(timeZone !== undefined && { timeZone }),
      ...(destination !== undefined && { destination }),
      ...(region !== undefined && { region }),
    }
    const { url, taken } = await withStepUp(
      deps.terminalStepUp,
      { session, request, purpose: { role, handOver: 'console', ...said }, ...(id !== undefined && { id }) },
      (asked) => deps.openConsole.url({ session, request, role, ...asked }),
    )
    const { facts, credentials } = taken
    res.json({ url, expiration: credentials.expiresAt, seconds: facts.seconds, limitedBy: facts.limitedBy })
  })

  return router
}

type ListedRoles = Awaited<ReturnType<ListRoles>>

const fullRoles = (listed: ListedRoles) => ({ roles: listed.map(roleRow) })

const roleRow = ({ entitlement: { target, maxSeconds, via }, stated }: ListedRoles[number]) => ({
  account: {
    id: target.account.id,
    alias: target.account.alias,
    name: target.account.name,
    environment: target.account.environment,
  },
  role: target.name,
  arn: target.arn,
  maxSeconds,
  elevated: target.kind.elevated,
  state: stated.state,
  ...approvalOf(stated),
  ...whyNot(stated),
  via,
})
