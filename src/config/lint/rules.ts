import { EMERGENCY_RULE } from '../../domain/emergency/emergency.ts'
import { parseTemplate } from '../../domain/entitlement/pattern.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Findings, Path } from '../faults.ts'
import type { ConfigFile, RuleEntry } from '../schema.ts'
import { reachOf } from '../reach.ts'
import { accountsMeant, aliasesMeant, itemsOf, rolesMeant } from '../selectors.ts'
import { lintGroup } from './group-spelling.ts'
import { lintPattern } from './patterns.ts'
import { lintExact } from './workloads.ts'

type Selector = string | readonly string[]

/** Rules: whom they meet, and that whatever they name exists. */
export function lintRules(file: ConfigFile, findings: Findings): void {
  const first = new Map<string, number>()
  file.rules.forEach((rule, index) => {
    const path = ['rules', index]
    const earlier = first.get(rule.id)
    if (earlier === undefined) first.set(rule.id, index)
    else findings.fault([...path, 'id'], `"${rule.id}" is the id of ${findings.nameOf(['rules', earlier])} too`)
    if (rule.id === EMERGENCY_RULE)
      findings.fault([...path, 'id'], 'is what denies from the host are called (rolegate admin deny); take another id')
    lintMatch(rule, [...path, 'match'], file, findings)
    lintEffect(rule, path, file, findings)
    lintPattern(rule, path, file, findings)
    lintWithin(rule, path, file, findings)
  })
  lintUnused(file, findings)
}

function lintMatch(rule: RuleEntry, path: Path, file: ConfigFile, findings: Findings): void {
  const { match, grant } = rule
  const { idps } = file
  const ways = [match.group, match.any_of, match.pattern, match.everyone, match.workload].filter(
    (way) => way !== undefined,
  )
  if (ways.length !== 1) findings.fault(path, 'needs exactly one of group, any_of, pattern, everyone, workload')
  if (match.workload !== undefined) {
    lintJobs({ ...match, workload: match.workload }, path, file, findings)
    if (grant !== undefined) lintJobsRoles(grant.roles, [...path.slice(0, -1), 'grant', 'roles'], file, findings)
    return
  }
  if (match.claims !== undefined) findings.fault([...path, 'claims'], 'goes with "workload" only')
  // threats.md R3: without an IdP any of them could mint the group's name.
  if (match.idp === undefined && grant !== undefined && match.pattern === undefined)
    findings.fault([...path, 'idp'], 'is missing: a grant names the IdP it trusts')
  if (match.idp !== undefined) lintIdpName(match.idp, [...path, 'idp'], idps, findings)

  const written = [
    ...(match.any_of ?? []).map((group, index) => [group, ['any_of', index]] as const),
    [match.group, ['group']] as const,
  ]
  for (const [group, below] of written) {
    if (group === '*') findings.fault([...path, ...below], '"*" is no group; whoever signs in is "everyone: true"')
    else if (group !== undefined) lintGroup(group, [...path, ...below], match.idp, idps, findings)
  }
}

/** threats.md R3: jobs and people are met by rules of their own. */
function lintJobs(
  { workload: id, idp, claims = {} }: RuleEntry['match'] & { readonly workload: string },
  path: Path,
  { workloads }: ConfigFile,
  findings: Findings,
): void {
  if (idp !== undefined) findings.fault([...path, 'idp'], 'does not go with "workload": jobs are nobody’s people')
  const here = [...path, 'claims']
  lintExact(claims, here, findings)
  const entry = lintWorkloadName(id, [...path, 'workload'], workloads, findings)
  for (const [name, values] of Object.entries(claims)) {
    const required = entry !== undefined && Object.hasOwn(entry.require, name) ? entry.require[name] : undefined
    if (required === undefined) continue
    if (!itemsOf(values).some((value) => itemsOf(required).includes(value)))
      findings.fault([...here, name], `meets nobody: "${id}" requires another value`)
  }
}

/** threats.md D16: a job can never take an elevated role, whatever the file says: its session's class forbids it. */
function lintJobsRoles(selector: Selector, path: Path, { roles }: ConfigFile, findings: Findings): void {
  const never = itemsOf(selector).filter((key) => Object.hasOwn(roles, key) && roles[key]?.elevated === true)
  for (const key of never) findings.warn(path, `"${key}" is elevated: no job ever gets it [elevated-for-jobs]`)
}

/** A name that must be the id of a configured workload. */
export function lintWorkloadName(
  id: string,
  path: Path,
  workloads: ConfigFile['workloads'],
  findings: Findings,
): ConfigFile['workloads'][number] | undefined {
  const entry = workloads.find((one) => one.id === id)
  const known = workloads.map((one) => one.id)
  if (entry === undefined) findings.fault(path, `unknown workload "${id}"${didYouMean(id, known)}`)
  return entry
}

/** A name that must be the id of a configured IdP. */
export function lintIdpName(id: string, path: Path, idps: ConfigFile['idps'], findings: Findings): void {
  const known = idps.map((idp) => idp.id)
  if (!known.includes(id)) findings.fault(path, `unknown IdP "${id}"${didYouMean(id, known)}`)
}

function lintEffect({ grant, deny, id }: RuleEntry, path: Path, file: ConfigFile, findings: Findings): void {
  if ((grant === undefined) === (deny === undefined)) findings.fault(path, `"${id}" needs exactly one of grant, deny`)
  if (grant !== undefined) {
    const here = [...path, 'grant']
    if (!isTemplate(grant.accounts)) lintAccountSelector(grant.accounts, [...here, 'accounts'], file, findings)
    if (!isTemplate(grant.roles)) lintRoleSelector(grant.roles, [...here, 'roles'], file, findings)
    for (const key of ['accounts', 'roles'] as const) {
      if (grant[key] === '*' && !grant.wildcard)
        findings.fault([...here, key], '"*" in a grant needs "wildcard: true" beside it')
    }
  }
  if (deny !== undefined) {
    const here = [...path, 'deny']
    lintAccountSelector(deny.accounts, [...here, 'accounts'], file, findings)
    if (deny.roles !== undefined) lintRoleSelector(deny.roles, [...here, 'roles'], file, findings)
    // threats.md R4: a deny that closes nothing is a deny somebody believes in.
    const meets = Object.keys(file.accounts).length > 0 && Object.keys(file.roles).length > 0
    if (!meets) findings.fault(here, 'closes nothing: there is no account or no role')
  }
}

/** A fence is written as selectors are, and holds what there is. */
function lintWithin({ within, grant }: RuleEntry, path: Path, file: ConfigFile, findings: Findings): void {
  if (within === undefined) return
  lintAccountSelector(within.accounts, [...path, 'within', 'accounts'], file, findings)
  lintRoleSelector(within.roles, [...path, 'within', 'roles'], file, findings)
  if (grant === undefined) return
  const reach = reachOf({ grant, within }, file)
  for (const [key, meantBy] of [
    ['accounts', (selector: Selector) => accountsMeant(selector, file.accounts)],
    ['roles', (selector: Selector) => rolesMeant(selector, file.roles)],
  ] as const) {
    // Whoever names a group names what it opens: "*" leaves that to them, in accounts that are still to come too.
    if (isTemplate(grant[key]) && within[key] === '*' && !grant.wildcard)
      findings.fault([...path, 'within', key], '"*" around what a group names needs "wildcard: true" in the grant')
    // What means nothing by itself is said above.
    const areBothSome = meantBy(within[key]).size > 0 && (isTemplate(grant[key]) || meantBy(grant[key]).size > 0)
    if (areBothSome && reach[key].meant.size === 0)
      findings.fault([...path, 'within', key], `holds none of the ${key} that the rule grants: it opens nothing`)
  }
}

const isTemplate = (selector: Selector): boolean =>
  typeof selector === 'string' && parseTemplate(selector) !== undefined

/** Each item of a selector means at least one account (threats.md R4). */
export function lintAccountSelector(
  selector: Selector,
  path: Path,
  { accounts, environments = [] }: ConfigFile,
  findings: Findings,
): void {
  eachItem(selector, path, findings, (item, here) => {
    if (aliasesMeant(item, accounts).length > 0) return
    const [, kind, word = ''] = /^(env|tag):(.*)$/s.exec(item) ?? []
    if (kind === undefined) {
      findings.fault(
        here,
        `unknown account "${shown(item)}"${captureMeant(item, here) ?? accountMeant(item, accounts)}`,
      )
      return
    }
    const all = Object.values(accounts)
    const known =
      kind === 'env' ? [...all.flatMap(({ env }) => env ?? []), ...environments] : all.flatMap(({ tags }) => tags)
    findings.fault(here, `selects nothing: no account has the ${kind} "${shown(word)}"${didYouMean(word, known)}`)
  })
}

/** Selectors name accounts by alias; somebody who wrote the twelve digits is told which. */
function accountMeant(item: string, accounts: ConfigFile['accounts']): string {
  const alias = /^\d{12}$/.test(item) ? Object.keys(accounts).find((one) => accounts[one]?.id === item) : undefined
  if (alias !== undefined) return `; that account is "${alias}" here`
  if (/^\$\w/.test(item)) return '; what a pattern captures has a name, as in ${account}'
  if (item.includes('*')) return '; "*" is no part of a name: write a list, "env:NAME" or "tag:NAME"'
  if (item.includes(':')) return '; what selects several is "env:NAME" or "tag:NAME"'
  return didYouMean(item, Object.keys(accounts))
}

/** A place for what a pattern captures, where none can be. */
const captureMeant = (item: string, path: Path): string | undefined =>
  parseTemplate(item) === undefined
    ? undefined
    : path.includes('grant')
      ? '; what a pattern captures stands alone, not in a list'
      : '; only a grant takes what a pattern captures'

/** Each item of a selector is a role key. */
export function lintRoleSelector(selector: Selector, path: Path, { roles }: ConfigFile, findings: Findings): void {
  eachItem(selector, path, findings, (item, here) => {
    if (Object.hasOwn(roles, item)) return
    const meant = captureMeant(item, here) ?? didYouMean(item, Object.keys(roles))
    findings.fault(here, `unknown role "${shown(item)}"${meant}`)
  })
}

function eachItem(selector: Selector, path: Path, findings: Findings, check: (item: string, path: Path) => void): void {
  const isList = typeof selector !== 'string'
  itemsOf(selector).forEach((item, index) => {
    const here = isList ? [...path, index] : path
    if (item !== '*') check(item, here)
    else if (isList) findings.fault(here, '"*" stands alone, not in a list')
  })
}

const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)

/** What nobody can have is most likely forgotten. */
function lintUnused(file: ConfigFile, findings: Findings): void {
  const { accounts, roles, rules } = file
  const [reached, granted] = [new Set<string>(), new Set<string>()]
  for (const rule of rules) {
    if (rule.grant === undefined) continue
    const reach = reachOf(rule, file)
    for (const alias of reach.accounts.meant) reached.add(alias)
    for (const key of reach.roles.meant) {
      granted.add(key)
      // A base is there for its variants as well.
      const base = roles[key]?.variant_of
      if (base !== undefined) granted.add(base)
    }
  }
  for (const alias of Object.keys(accounts)) {
    if (!reached.has(alias))
      findings.warn(['accounts', alias], 'no rule reaches this account [unreachable-account]', 'key')
  }
  for (const key of Object.keys(roles)) {
    if (!granted.has(key)) findings.warn(['roles', key], 'no rule grants this role [ungranted-role]', 'key')
  }
}
