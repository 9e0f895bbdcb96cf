import { capturesIn, fitsPieces, parseTemplate, type Template } from '../../domain/entitlement/pattern.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Findings, Path } from '../faults.ts'
import { unseenIn } from '../one-reading.ts'
import { readPattern } from '../patterns.ts'
import type { ConfigFile, RuleEntry } from '../schema.ts'
import { accountsMeant, rolesMeant } from '../selectors.ts'

type Selector = string | readonly string[]

/** Rules whose groups are known by a pattern: people who name groups must not be able to name their way out of the fence. */
export function lintPattern(rule: RuleEntry, path: Path, file: ConfigFile, findings: Findings): void {
  const { match, grant, within } = rule
  const here = [...path, 'match', 'pattern']
  if (match.pattern === undefined) {
    if (within !== undefined) findings.fault([...path, 'within'], 'goes with a pattern only')
    if (grant !== undefined) lintNoTemplate(grant, [...path, 'grant'], findings)
    return
  }
  const read = readPattern(match.pattern)
  if ('fault' in read) findings.fault(here, read.fault)
  if (unseenIn(match.pattern)) findings.warn(here, 'holds signs that nobody sees; groups match exactly [odd-group]')
  // threats.md R3: a pattern of nobody's in particular is everybody's.
  if (match.idp === undefined) findings.fault([...path, 'match', 'idp'], 'is missing: a pattern is read at one IdP')
  if (grant === undefined) {
    if (within !== undefined) findings.fault([...path, 'within'], 'goes with a grant only: a deny is not fenced')
    return
  }
  if (within === undefined)
    findings.fault(
      path,
      'a grant by pattern needs "within": the accounts and roles that no group, whatever it is called, gets past',
    )
  if ('fault' in read) return
  if (read.pattern.prefix === '')
    findings.warn(
      here,
      'begins with nothing fixed: every group of that directory is held against it [pattern-too-wide]',
    )
  const asked = new Set([
    ...lintTemplate(grant.accounts, read.names, [...path, 'grant', 'accounts'], findings),
    ...lintTemplate(grant.roles, read.names, [...path, 'grant', 'roles'], findings),
  ])
  if (within !== undefined) {
    lintNameable(
      grant.accounts,
      accountsMeant(within.accounts, file.accounts),
      [...path, 'grant', 'accounts'],
      findings,
    )
    lintNameable(grant.roles, rolesMeant(within.roles, file.roles), [...path, 'grant', 'roles'], findings)
  }
  for (const name of read.names)
    if (!asked.has(name)) findings.warn(here, `captures "${name}", which nothing uses [unused-capture]`)
}

function lintNoTemplate({ accounts, roles }: NonNullable<RuleEntry['grant']>, path: Path, findings: Findings): void {
  for (const [key, selector] of [['accounts', accounts] as const, ['roles', roles] as const]) {
    if (typeof selector === 'string' && parseTemplate(selector) !== undefined)
      findings.fault([...path, key], 'asks for a capture, and the rule has no pattern')
  }
}

/** The captures a selector asks for. */
function lintTemplate(selector: Selector, names: readonly string[], path: Path, findings: Findings): readonly string[] {
  const template = typeof selector === 'string' ? parseTemplate(selector) : undefined
  if (template === undefined) return []
  const asked = capturesIn(template)
  for (const name of asked) {
    if (!names.includes(name))
      findings.fault(path, `the pattern captures no "${name}", as in (?P<${name}>…)${didYouMean(name, names)}`)
  }
  return asked
}

/** A capture stands for the key of an account or a role: what no key of the fence is like, opens nothing whatever groups are called. */
function lintNameable(selector: Selector, fence: ReadonlySet<string>, path: Path, findings: Findings): void {
  const template = typeof selector === 'string' ? parseTemplate(selector) : undefined
  if (template === undefined || fence.size === 0) return
  const pieces = textsAround(template)
  if (![...fence].some((key) => fitsPieces(key, pieces)))
    findings.fault(path, 'names nothing inside the fence, whatever is captured: it opens nothing')
}

/** `aws-${account}` → `aws-`, nothing. */
function textsAround(template: Template): readonly string[] {
  const texts = ['']
  for (const part of template) {
    if (typeof part === 'string') texts[texts.length - 1] += part
    else texts.push('')
  }
  return texts
}
