import { setImmediate } from 'node:timers/promises'
import type { Config } from '../config.ts'

/**
 * What was added, removed or changed between two configurations, by the file's names and in its order: `rule
 * payments-team changed`. It names settings and never shows their values.
 */
export async function differenceOf(before: Config, after: Config): Promise<readonly string[]> {
  const [was, is] = [await namedIn(before), await namedIn(after)]
  await setImmediate()
  return [
    ...[...is].flatMap(([name, value]) => {
      const former = was.get(name)
      if (former === undefined) return [`${name} came`]
      return former === value ? [] : [`${name} changed`]
    }),
    ...[...was.keys()].filter((name) => !is.has(name)).map((name) => `${name} went`),
    ...(orderChanged(before, after) ? ['order of rules changed'] : []),
  ]
}

/** Named things that are made text in one go: others are served in between. */
const AT_ONCE = 500

/** Everything a file names, as text by which it can be told from another. */
async function namedIn({
  mapping,
  idps,
  workloads,
  sts,
  sessions,
  identityCenter,
  handOverLimits,
  admin,
  reload,
  server,
  metrics,
  groupNames,
  networks,
  tests,
}: Config): Promise<ReadonlyMap<string, string>> {
  const named = [
    ...idps.map((idp) => [`idp ${idp.id}`, idp] as const),
    ...workloads.map((workload) => [`workload ${workload.mapping.id}`, workload] as const),
    ...[...mapping.accounts].map(([alias, account]) => [`account ${alias}`, account] as const),
    ...[...mapping.roles].map(([key, role]) => [`role ${key}`, role] as const),
    ...mapping.rules.map((rule) => [`rule ${rule.id}`, rule] as const),
    ...[...sts].map(([name, entry]) => [`sts ${name}`, entry] as const),
    ['server.trusted_proxies', server.trustedProxies] as const,
    ['names_file', groupNames] as const,
    ['networks', networks] as const,
    ['tests', tests] as const,
    ['telemetry.metrics', metrics] as const,
    ['admin', admin] as const,
    ['reload', reload] as const,
    ['sessions', sessions] as const,
    ['identity_center', identityCenter] as const,
    ['limits', handOverLimits] as const,
  ]
  const texts = new Map<string, string>()
  for (const [count, [name, value]] of named.entries()) {
    if (count % AT_ONCE === 0) await setImmediate()
    texts.set(name, textOf(value))
  }
  return texts
}

/**
 * Whether everything that the hash does not cover, since it is in other files, is unchanged: secrets, keys,
 * certificates, metadata.
 */
export const isSameBeside = (before: Config, after: Config): boolean =>
  textOf([before.idps, before.sts]) === textOf([after.idps, after.sts])

/** Of equally long grants the first in the file is the one that is used. */
function orderChanged(before: Config, after: Config): boolean {
  const ids = ({ mapping }: Config): readonly string[] => mapping.rules.map(({ id }) => id)
  const [was, is] = [new Set(ids(before)), new Set(ids(after))]
  const kept = ids(after).filter((id) => was.has(id))
  return ids(before)
    .filter((id) => is.has(id))
    .some((id, place) => kept[place] !== id)
}

/** A value as text: equal texts mean equal values. Functions are skipped, as the data beside them says what they do. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Map || inner instanceof Set ? [...inner] : inner))
