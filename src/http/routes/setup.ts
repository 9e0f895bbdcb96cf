import { Router } from 'express'
import type { ConfigFacts, Need } from '../../domain/aws/config-file/facts.ts'
import { nameRoles } from '../../domain/aws/config-file/profile-names.ts'
import { printExports, printSetup, savedBlock, type SetupShell } from '../../domain/aws/config-file/setup-commands.ts'
import type { Sha256 } from '../../domain/aws/session-name.ts'
import type { DescribeConfig } from '../../usecases/entitlement/describe-config.ts'
import type { Now } from '../../usecases/ports.ts'
import { sessionOf } from '../browser-session.ts'
import { show, type Pages } from '../pages.ts'
import { factsOf } from '../request-facts.ts'

/** More profiles than this are saved, not pasted. */
const MOST_PASTED = 100
/** As many as anybody reads. */
const MOST_LISTED = 50

/** `GET /setup`: what to paste, so that the stock AWS CLI signs in here. Nothing on the page is secret. */
export function setupRoutes(deps: { describeConfig: DescribeConfig; sha256: Sha256; now: Now }): Router {
  const router = Router({ caseSensitive: true })
  router.get('/setup', (req, res) => {
    show(
      res,
      'setup',
      'Set up your terminal',
      setupModel(deps.describeConfig(sessionOf(req, deps.now), factsOf(res)), deps.sha256),
    )
  })
  return router
}

function setupModel(facts: ConfigFacts, sha256: Sha256): Pages['setup'] {
  const [first] = nameRoles(facts.roles)
  const { others = [] } = facts
  const asFile = facts.roles.length > MOST_PASTED
  const saved = asFile ? savedBlock(facts, sha256) : undefined
  const inEach = (print: (shell: SetupShell) => string) =>
    SHELLS.map(({ id, label }) => ({ id, label, text: print(id).trimEnd() }))
  return {
    host: new URL(facts.origin).host,
    roleCount: facts.roles.length,
    asFile,
    fileHref: '/v1/aws-config?format=text',
    ...(first !== undefined && { profile: first.name }),
    forms: inEach((shell) => `${printSetup(shell, facts, saved)}aws sso login --profile ${first?.name}`),
    elsewhereCommand: `aws sso login --use-device-code --profile ${first?.name}`,
    firstCommand: `aws s3 ls --profile ${first?.name}`,
    exports: inEach((shell) => printExports(shell, facts)),
    ownCommands: `rolegate login --server ${facts.origin}\nrolegate configure`,
    ownLogin: `rolegate login --server ${facts.origin}`,
    others: others.slice(0, MOST_LISTED).map(({ alias, role, needs }) => ({
      role: `${alias}/${role}`,
      asks: needs.map((need) => ASKS[need]).join('; '),
    })),
    othersMore: Math.max(0, others.length - MOST_LISTED),
  }
}

/** What it takes beside a sign-in, and how it is given. */
const ASKS: Readonly<Record<Need, string>> = {
  elevated: 'elevated: you confirm in your browser, each time',
  reason: 'with a reason: --reason',
  approval: 'once somebody has approved it: rolegate request',
}

const SHELLS: readonly { id: SetupShell; label: string }[] = [
  { id: 'posix', label: 'bash / zsh' },
  { id: 'fish', label: 'fish' },
  { id: 'powershell', label: 'PowerShell' },
]
