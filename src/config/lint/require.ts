import { canonicalAddress } from '../../domain/device/network.ts'
import { parseTimeWindow } from '../../domain/entitlement/time-window.ts'
import { isTimeZone, knownTimeZones } from '../../domain/entitlement/wall-clock.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Findings, Path } from '../faults.ts'
import { parseNetwork } from '../networks.ts'
import { readPattern } from '../patterns.ts'
import type { RequireEntry } from '../require-schema.ts'
import type { ConfigFile } from '../schema.ts'
import { reachOf } from '../reach.ts'
import { itemsOf } from '../selectors.ts'
import { baseOf } from '../variants.ts'
import { isPassThrough } from './pass-through.ts'
import { lintGroup } from './group-spelling.ts'
import { lintIdpName } from './rules.ts'

/** What roles and grants ask for: that each condition says something, and that somebody can meet it. */
export function lintRequirements(file: ConfigFile, findings: Findings): void {
  for (const [key, { require }] of Object.entries(file.roles)) {
    if (require !== undefined) lintRequirement(require, ['roles', key, 'require'], file, findings)
  }
  file.rules.forEach((rule, index) => {
    const { grant, match } = rule
    if (grant?.require === undefined) return
    const path = ['rules', index, 'grant', 'require']
    lintRequirement(grant.require, path, file, findings)
    if (grant.require.approval !== undefined) {
      if (match.workload !== undefined)
        findings.fault([...path, 'approval'], 'no job can meet it: jobs ask nobody for an approval')
      lintOtherApprovers(
        grant.require.approval,
        [...path, 'approval', 'by', 'idp'],
        reachOf(rule, file).roles.meant,
        file,
        findings,
      )
    }
    if (grant.require.mfa_within === undefined) return
    if (match.workload !== undefined)
      findings.fault([...path, 'mfa_within'], 'no job can meet it: jobs have no second factor')
    else if (lacksMfa(match.idp, file))
      findings.fault(
        [...path, 'mfa_within'],
        `nobody can meet it: "${match.idp}" has no "mfa" that shows a second factor`,
      )
  })
  lintMfaOfRoles(file, findings)
  lintPassedThrough(file, findings)
}

/**
 * Conditions that do not bind somebody who gets the IdP's assertion without us. A reason is not among them: it keeps
 * nobody out anyway, it goes on record.
 */
const KEPT_HERE = ['mfa_within', 'ip', 'time'] as const

/**
 * threats.md F7: with the IdP's own assertion or token one can take the role to AWS directly. Then no approval is asked
 * for, and hours, networks and a fresh second factor bind only those who ask us.
 */
function lintPassedThrough(file: ConfigFile, findings: Findings): void {
  const { roles: kinds, accounts, sts } = file
  const passes = (alias: string): boolean => {
    const way = accounts[alias]?.sts ?? ''
    return Object.hasOwn(sts, way) && sts[way] !== undefined && isPassThrough(sts[way])
  }
  file.rules.forEach((rule, index) => {
    if (rule.grant === undefined) return
    const reach = reachOf(rule, file)
    const passing = [...reach.accounts.meant].find(passes)
    if (passing === undefined) return
    for (const key of reach.roles.meant) {
      const kind = kinds[key]
      const asking = [rule.grant, kind, kind && baseOf(kind, kinds)]
      const kept = KEPT_HERE.filter((name) => asking.some((one) => one?.require?.[name] !== undefined))
      if (kept.length > 0)
        findings.warn(
          ['rules', index, 'grant'],
          `"${key}" asks for ${kept.join(', ')}, which keeps nobody out of "${passing}" but who asks here: its sts entry passes the IdP’s own assertion through, and AWS asks for none of it [condition-passed-through]`,
        )
      if (asking.some((one) => one?.require?.approval !== undefined))
        findings.fault(
          ['rules', index, 'grant'],
          `"${key}" takes an approval, which does not go with "${passing}": its sts entry passes the IdP’s own assertion through, and AWS asks nobody`,
        )
    }
  })
}

function lintRequirement(asked: RequireEntry, path: Path, file: ConfigFile, findings: Findings): void {
  if (Object.keys(asked).length === 0) findings.fault(path, 'must not be empty: it asks for nothing')
  const { ip, time, reason, approval } = asked
  eachOf(ip, [...path, 'ip'], (range, here) => lintRange(range, here, findings))
  eachOf(time, [...path, 'time'], (hours, here) => lintHours(hours, here, findings))
  if (typeof reason === 'object') {
    const read = readPattern(reason.pattern)
    if ('fault' in read) findings.fault([...path, 'reason', 'pattern'], read.fault)
  }
  if (approval !== undefined) lintApproval(approval, [...path, 'approval'], file, findings)
}

function eachOf(
  written: string | readonly string[] | undefined,
  path: Path,
  check: (item: string, path: Path) => void,
): void {
  if (written === undefined) return
  itemsOf(written).forEach((item, index) => check(item, typeof written === 'string' ? path : [...path, index]))
}

/** threats.md R12: addresses are compared in their plain form, and so must ranges be written. */
function lintRange(text: string, path: Path, findings: Findings): void {
  const network = parseNetwork(text)
  if (network === undefined) {
    const whole = [`${text}/32`, `${text}/128`].find((range) => parseNetwork(range) !== undefined)
    const hint = whole === undefined ? '' : `; did you mean "${whole}"?`
    findings.fault(path, `must be a network, as in 203.0.113.0/24 or 2001:db8::/48${hint}`)
  } else if (network.bits === 0) findings.fault(path, 'is the whole internet: it asks for nothing')
  else if (network.version === 6 && !canonicalAddress(network.address).includes(':'))
    findings.fault(path, 'is an IPv4 network in IPv6 clothes: write it as IPv4')
}

function lintHours(text: string, path: Path, findings: Findings): void {
  const window = parseTimeWindow(text)
  if (window === undefined) {
    findings.fault(
      path,
      'must be hours of days in a zone, as in Mon-Fri 07:00-20:00 Europe/Berlin; a whole day is 00:00-24:00',
    )
  } else lintTimeZone(window.timeZone, path, findings)
}

export function lintTimeZone(name: string, path: Path, findings: Findings): void {
  if (isTimeZone(name)) return
  const known = knownTimeZones()
  const city = known.find((zone) => zone.split('/').at(-1)?.toLowerCase() === name.toLowerCase())
  const hint = city === undefined ? didYouMean(name, known) : `; did you mean "${city}"?`
  findings.fault(path, `unknown time zone "${name.slice(0, 64)}"${hint}`)
}

function lintApproval(
  { by }: NonNullable<RequireEntry['approval']>,
  path: Path,
  file: ConfigFile,
  findings: Findings,
): void {
  const here = [...path, 'by']
  if ((by.group === undefined) === (by.any_of === undefined)) findings.fault(here, 'needs exactly one of group, any_of')
  lintIdpName(by.idp, [...here, 'idp'], file.idps, findings)
  const check = (group: string, at: Path) =>
    group === '*'
      ? findings.fault(at, '"*" is no group: name the groups whose people may approve')
      : lintGroup(group, at, by.idp, file.idps, findings)
  if (by.group !== undefined) check(by.group, [...here, 'group'])
  by.any_of?.forEach((group, index) => check(group, [...here, 'any_of', index]))
}

/** Both have to be met, by the word of one person; and a person is of one IdP (DECISIONS.md 161). */
function lintOtherApprovers(
  { by }: NonNullable<RequireEntry['approval']>,
  path: Path,
  roles: ReadonlySet<string>,
  { roles: kinds }: ConfigFile,
  findings: Findings,
): void {
  for (const key of roles) {
    const own = kinds[key]
    const asking = own === undefined ? [] : [baseOf(own, kinds), own]
    const other = asking.find(
      (role) => role?.require?.approval !== undefined && role.require.approval.by.idp !== by.idp,
    )
    if (other !== undefined)
      findings.fault(
        path,
        `nobody can approve "${key}": the role itself takes a word of "${other.require?.approval?.by.idp}", and one person has to give both`,
      )
  }
}

const lacksMfa = (id: string | undefined, { idps }: ConfigFile): boolean => {
  const idp = idps.find((one) => one.id === id)
  return idp !== undefined && idp.mfa === undefined
}

/**
 * Warns of roles that require a second factor (their own or their base's) and are granted to people of an IdP that
 * never states one.
 */
function lintMfaOfRoles(file: ConfigFile, findings: Findings): void {
  const given = file.rules.flatMap((rule, index) =>
    rule.grant === undefined || rule.match.workload !== undefined
      ? []
      : [{ index, idp: rule.match.idp, roles: reachOf(rule, file).roles.meant }],
  )
  for (const [key, role] of Object.entries(file.roles)) {
    const isOwn = role.require?.mfa_within !== undefined
    if (!isOwn && baseOf(role, file.roles)?.require?.mfa_within === undefined) continue
    const granting = given.filter(({ roles }) => roles.has(key))
    const without = granting.filter(({ idp }) => lacksMfa(idp, file))
    if (granting.length > 0 && without.length === granting.length)
      findings.fault(
        ['roles', key, ...(isOwn ? ['require', 'mfa_within'] : ['variant_of'])],
        `nobody can meet ${isOwn ? 'it' : `the mfa_within of "${role.variant_of}"`}: no IdP whose people are given this role has "mfa"`,
      )
    else
      for (const { index, idp } of without)
        findings.warn(
          ['rules', index, 'grant', 'roles'],
          `"${key}" asks for mfa_within, which nobody of "${idp}" can meet: that IdP has no "mfa" [mfa-untold]`,
        )
  }
}
