import type { WorkloadMatch } from '../domain/entitlement/rule.ts'
import type { Workload } from './config.ts'
import type { ConfigFile, RuleEntry } from './schema.ts'
import { itemsOf } from './selectors.ts'
import type { WorkloadEntry } from './workload-schema.ts'

type Wanted = Readonly<Record<string, readonly string[]>>
type Written = Readonly<Record<string, string | readonly string[]>>

const wantedBy = (written: Written): Wanted =>
  Object.fromEntries(Object.entries(written).map(([name, values]) => [name, [...new Set(itemsOf(values))]]))

/** Of tokens that jobs trade: unlike anything an IdP addresses to us (threats.md D16). */
export const audienceOf = ({ audience }: WorkloadEntry, { server }: ConfigFile): string =>
  audience ?? `${server.public_url}/workloads`

export const containerAudienceOf = ({ container_audience: audience }: WorkloadEntry, { server }: ConfigFile): string =>
  audience ?? `${server.public_url}/containers`

/** `tagClaims`: the claims that session tags name. */
export function workloadOf(entry: WorkloadEntry, file: ConfigFile, tagClaims: readonly string[]): Workload {
  const { id, label = id, issuer, algorithms, allow, max } = entry
  const require = wantedBy(entry.require)
  const named = file.rules.flatMap(({ match }) => (match.workload === id ? Object.keys(match.claims ?? {}) : []))
  return {
    label,
    audience: audienceOf(entry, file),
    containerAudience: containerAudienceOf(entry, file),
    algorithms,
    allowHttp: allow.http,
    maxSeconds: max,
    mapping: { id, issuer, require, keep: [...new Set([...Object.keys(require), ...named, ...tagClaims])] },
  }
}

/**
 * A rule about jobs asks for what their entry requires as well, each time anew: so a session that began under another
 * `require` meets no rule any more (threats.md I2).
 */
export function workloadMatchOf(
  { workload, claims = {} }: RuleEntry['match'] & { readonly workload: string },
  { workloads }: Pick<ConfigFile, 'workloads'>,
): WorkloadMatch {
  const required = wantedBy(workloads.find(({ id }) => id === workload)?.require ?? {})
  const wanted = new Map(Object.entries(required))
  for (const [name, values] of Object.entries(wantedBy(claims))) {
    const among = wanted.get(name)
    wanted.set(name, among === undefined ? values : values.filter((value) => among.includes(value)))
  }
  return { workload, claims: Object.fromEntries(wanted) }
}
