import { tagFault } from '../../domain/aws/session-tags.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Findings, Path } from '../faults.ts'
import { readPattern } from '../patterns.ts'
import type { ConfigFile } from '../schema.ts'

type Role = ConfigFile['roles'][string]
type ClaimTag = Exclude<Role['session_tags'][string], string>

/** AWS STS, "Passing session tags": fifty at most. */
const MOST_TAGS = 50

/** Session tags: each key once, with a value AWS accepts, and a source that may state it (threats.md I5). */
export function lintTags(
  { session_tags: tags, transitive_tags: transitive }: Pick<Role, 'session_tags' | 'transitive_tags'>,
  path: Path,
  file: Pick<ConfigFile, 'idps' | 'workloads'>,
  findings: Findings,
): void {
  const first = new Map<string, string>()
  for (const [key, value] of Object.entries(tags)) {
    const here = [...path, 'session_tags', key]
    if (typeof value === 'string') lintShort(key, value, here, findings)
    else lintClaim(key, value, here, file, findings)
    // AWS compares tag keys without case, so the second would be the first.
    const other = first.get(key.toLowerCase())
    if (other === undefined) first.set(key.toLowerCase(), key)
    else findings.fault(here, `is the tag "${other}" already; AWS ignores case in keys`, 'key')
  }
  if (first.size > MOST_TAGS) findings.fault([...path, 'session_tags'], `must be at most ${MOST_TAGS} tags`)
  transitive.forEach((key, index) => {
    if (Object.hasOwn(tags, key)) return
    findings.fault(
      [...path, 'transitive_tags', index],
      `"${key}" is none of session_tags${didYouMean(key, Object.keys(tags))}`,
    )
  })
}

function lintShort(key: string, value: string, here: Path, findings: Findings): void {
  const fault = faultOfShort(key, value)
  if (fault !== undefined) findings.fault(here, fault)
  else if (value.startsWith('claims.'))
    findings.warn(
      here,
      `takes whatever any IdP says, and people may edit it there: { claim: ${value}, idps: […], any_of: […] } says whose word counts, and which [tag-of-any-idp]`,
    )
}

function faultOfShort(key: string, value: string): string | undefined {
  if (value === '') return 'must not be empty'
  if (!value.startsWith('claims.')) return faultOfConstant(key, value)
  if (!/^claims\.[A-Za-z0-9_:/.#@-]{1,200}$/.test(value)) return 'must name one claim, as in claims.department'
  return tagFault(key, '')
}

/** A tag that says `attributes.department` of everybody is a policy that nobody meets, or everybody. */
function faultOfConstant(key: string, value: string): string | undefined {
  const [, name] = /^(?:claims?|attributes?)[.:](.+)$/i.exec(value) ?? []
  return name === undefined
    ? tagFault(key, value)
    : `would be that very text for everybody; what a sign-in states is claims.${name}, of SAML too`
}

function lintClaim(
  key: string,
  { idps, any_of: anyOf, pattern }: ClaimTag,
  here: Path,
  file: Pick<ConfigFile, 'idps' | 'workloads'>,
  findings: Findings,
): void {
  const fault = tagFault(key, '')
  if (fault !== undefined) findings.fault(here, fault, 'key')
  if ((anyOf === undefined) === (pattern === undefined)) findings.fault(here, 'needs exactly one of any_of, pattern')
  const known = [...file.idps, ...file.workloads].map(({ id }) => id)
  idps.forEach((id, index) => {
    if (!known.includes(id))
      findings.fault([...here, 'idps', index], `unknown IdP or workload "${id}"${didYouMean(id, known)}`)
  })
  anyOf?.forEach((value, index) => {
    const wrong = tagFault(key, value)
    if (wrong !== undefined && fault === undefined) findings.fault([...here, 'any_of', index], wrong)
  })
  const read = pattern === undefined ? undefined : readPattern(pattern)
  if (read !== undefined && 'fault' in read) findings.fault([...here, 'pattern'], read.fault)
  else if (read !== undefined && read.names.length > 0)
    findings.fault([...here, 'pattern'], `captures "${read.names[0]}", and nothing asks for it; write (?:…)`)
}
