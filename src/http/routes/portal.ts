import { Router, type Request } from 'express'
import { z } from 'zod'
import { printCredentials, type CredentialFormat } from '../../domain/aws/credential-formats.ts'
import { sessionNameFor, type Sha256 } from '../../domain/aws/session-name.ts'
import { requireEntitlement, type Entitlement } from '../../domain/entitlement/decide.ts'
import { durationChoices, durationOf, printDuration, type Duration } from '../../domain/entitlement/duration.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import type { Account } from '../../domain/entitlement/rule.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { ListRoles } from '../../usecases/entitlement/list-roles.ts'
import type { ExplainNothing } from '../../usecases/entitlement/explain-nothing.ts'
import type { IssueCredentials } from '../../usecases/hand-over/issue-credentials.ts'
import type { OpenConsole } from '../../usecases/hand-over/open-console.ts'
import type { CurrentRules, Now } from '../../usecases/ports.ts'
import { sessionOf } from '../browser-session.ts'
import type { MoveBrowser } from '../move-browser.ts'
import { show, type AccountCard, type Pages, type PrintedForm, type RoleCard } from '../pages.ts'
import { parse, SecondsText } from '../parse.ts'
import { factsOf } from '../request-facts.ts'

type Deps = {
  listRoles: ListRoles
  explainNothing: ExplainNothing
  issueCredentials: IssueCredentials
  openConsole: OpenConsole
  rules: CurrentRules
  moveBrowser: MoveBrowser
  /** The sign-in and console hosts of the accounts. */
  formTargets: readonly string[]
  idpLabel: (idp: string) => string
  sha256: Sha256
  now: Now
}

const ConsoleForm = z.strictObject({
  _csrf: z.string(),
  seconds: SecondsText.optional(),
  destination: z.string().max(2000).trim().optional(),
})
const CredentialsForm = z.strictObject({ _csrf: z.string(), seconds: SecondsText.optional() })

/** The portal: what is mine, and the two hand-overs. A GET never mints anything (security.md C-1, C-12). */
export function portalRoutes(deps: Deps): Router {
  const router = Router({ caseSensitive: true })

  router.get('/', (req, res) => {
    const session = sessionOf(req, deps.now)
    const listed = deps.listRoles(session)
    if (listed.length === 0) {
      show(res, 'no-roles', 'You have no roles yet', noRolesModel(session))
      return
    }
    const accounts = accountCards(listed.map(({ entitlement }) => entitlement))
    const { state } = session.principal.groups
    show(res, 'portal', 'Your roles', { accounts, roleCount: listed.length, groupsTruncated: state === 'truncated' })
  })

  router.get('/roles/:account/:role', (req, res) => {
    show(res, 'role', roleName(req), roleModel(sessionOf(req, deps.now), roleName(req), destinationIn(req)))
  })

  router.post('/roles/:account/:role/console', async (req, res) => {
    const session = sessionOf(req, deps.now)
    const { seconds, destination } = parse(ConsoleForm, req.body)
    const move = await deps.openConsole.move({
      session,
      role: roleName(req),
      request: factsOf(res),
      ...(seconds !== undefined && { seconds }),
      ...(destination !== undefined && { destination }),
    })
    // A reusable secret for fifteen minutes: a 303 without a body, for no cache and no Referer (security.md C-2).
    if ('url' in move)
      res.set({ location: move.url, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).status(303).end()
    else deps.moveBrowser(res, move, { title: 'Opening the console', to: 'AWS', targets: deps.formTargets })
  })

  router.post('/roles/:account/:role/credentials', async (req, res) => {
    const session = sessionOf(req, deps.now)
    const { seconds } = parse(CredentialsForm, req.body)
    const role = roleName(req)
    const { credentials, facts, target, entitlement } = await deps.issueCredentials({
      session,
      role,
      request: factsOf(res),
      ...(seconds !== undefined && { seconds }),
    })
    show(res, 'credentials', `Credentials for ${target.name}`, {
      account: accountCard(target.account),
      role: roleCard(entitlement),
      expiresAt: credentials.expiresAt,
      limitedBy: LIMITED_BY[facts.limitedBy],
      forms: FORMS.map(({ format, label }): PrintedForm => ({
        id: format,
        label,
        text: printCredentials(format, credentials, {
          profile: target.name.replace('/', '.'),
          region: target.account.region,
        }),
      })),
      back: `/roles/${target.name}`,
    })
  })

  function roleModel(session: GatewaySession, name: string, destination: string): Pages['role'] {
    const target = requireRole(deps.rules(), name)
    const entitlement = requireEntitlement(deps.rules(), session.principal, target)
    const usual = durationOf(entitlement, undefined, session, deps.now())
    return {
      account: accountCard(target.account),
      role: roleCard(entitlement),
      arn: target.arn,
      sessionName: sessionNameFor(session.principal, deps.sha256),
      durations: durationChoices(entitlement, session, deps.now()).map((seconds) => ({
        seconds,
        label: printDuration(seconds),
        selected: seconds === usual.seconds,
      })),
      cap: capSentence(entitlement, session, deps.now()),
      via: entitlement.via,
      consoleAction: `/roles/${target.name}/console`,
      destination,
      credentialsAction: `/roles/${target.name}/credentials`,
      ...(!target.kind.elevated && { cliCommand: `rolegate exec ${target.name} -- aws sts get-caller-identity` }),
    }
  }

  function noRolesModel(session: GatewaySession): Pages['no-roles'] {
    const { principal } = session
    return {
      username: principal.username,
      idpLabel: deps.idpLabel(principal.idp),
      subject: principal.subject,
      groupsState: principal.groups.state,
      groupsCount: principal.groups.names.length,
      groups: principal.groups.names.slice(0, 50),
      deniedBy: deps.explainNothing(session),
    }
  }

  return router
}

/** `limitedBy` for people. */
const LIMITED_BY: Record<Duration['limitedBy'], string> = {
  requested: 'the time you chose',
  default: 'the role’s usual time',
  role: 'the role’s own limit',
  rule: 'the rule that gives you the role',
  'sign-in': 'the end of your sign-in',
}

const FORMS: readonly { format: CredentialFormat; label: string }[] = [
  { format: 'env', label: 'bash / zsh' },
  { format: 'fish', label: 'fish' },
  { format: 'powershell', label: 'PowerShell' },
  { format: 'windows-cmd', label: 'cmd' },
  { format: 'env-no-export', label: '.env' },
  { format: 'ini', label: 'credentials file' },
  { format: 'process', label: 'process JSON' },
]

const roleName = ({ params }: Request): string => `${String(params['account'])}/${String(params['role'])}`

/** `?destination=` of a link into the portal, to fill the field with. */
const destinationIn = ({ query }: Request): string =>
  typeof query['destination'] === 'string' ? query['destination'].slice(0, 2000) : ''

function accountCards(held: readonly Entitlement[]): AccountCard[] {
  const byAccount = new Map<Account, RoleCard[]>()
  for (const entitlement of held) {
    const cards = byAccount.get(entitlement.target.account) ?? []
    byAccount.set(entitlement.target.account, [...cards, roleCard(entitlement)])
  }
  return [...byAccount].map(([account, roles]) => ({ ...accountCard(account), roles }))
}

const accountCard = ({ alias, id, name, environment, color, owner }: Account): Omit<AccountCard, 'roles'> => ({
  alias,
  id,
  name,
  ...(environment !== undefined && { environment }),
  ...(color !== undefined && { color }),
  ...(owner !== undefined && { owner }),
})

const roleCard = ({ target, maxSeconds }: Entitlement): RoleCard => ({
  key: target.kind.key,
  summary: target.kind.summary,
  elevated: target.kind.elevated,
  href: `/roles/${target.name}`,
  max: printDuration(maxSeconds),
  ...(!target.kind.elevated && { consoleAction: `/roles/${target.name}/console` }),
})

/** What binds, in words, before the click (product.md). */
function capSentence(entitlement: Entitlement, session: GatewaySession, now: Date): string {
  const { limitedBy, seconds } = durationOf(entitlement, Number.MAX_SAFE_INTEGER, session, now)
  const most = printDuration(seconds - (seconds % 60))
  if (limitedBy === 'sign-in') return `At most ${most}: your sign-in ends then.`
  if (limitedBy === 'rule') return `At most ${most}, by rule ${entitlement.via[0]?.rule ?? ''}.`
  return `At most ${most}, the role’s own limit.`
}
