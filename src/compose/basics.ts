import { nameNetworkBy } from '../config/networks.ts'
import { closingBy } from '../domain/device/closing.ts'
import { compileRules } from '../domain/entitlement/compile.ts'
import { makeRequestsOf } from '../usecases/request/requests-of.ts'
import type { KnownIssuer } from '../usecases/sign-in/find-session.ts'
import { random, randomText, sha256 } from './chance.ts'
import { lifetimesOf } from './lifetimes.ts'
import { stoppedBy } from './stopped.ts'
import type { LoadedConfig, World } from './world.ts'

/** What most stories are handed: the tables, the rules in force, the clock, chance, digests, limits and the audit log. */
export type Basics = ReturnType<typeof basicsOf>

export function basicsOf({ config, hash }: LoadedConfig, world: World, issuerOf: KnownIssuer) {
  const { emergency, memory } = world
  const { tables, digest, codeDigest, nameDigests, limitRate, limitShared } = memory
  const { now } = world.host
  const { cli, oldestGroups } = config.sessions
  const { browser, mostSeconds, oldestGroupsSeconds } = lifetimesOf(config)
  const index = compileRules(config.mapping)
  const rules = () => emergency.over(index)
  return {
    ...tables,
    configHash: hash,
    rules,
    emergency,
    configEpoch: world.configEpoch,
    requestsOf: makeRequestsOf({ ...tables, emergency, rules, issuerOf, digest, now }),
    closing: closingBy(cli.device, stoppedBy(world, config.reload), oldestGroups),
    limits: { absoluteSeconds: browser.absoluteSeconds, mostSeconds, oldestGroupsSeconds },
    nameNetwork: nameNetworkBy(config.networks),
    audit: world.log.audit,
    digest,
    codeDigest,
    nameDigests,
    limitRate,
    limitShared,
    random,
    randomText,
    sha256,
    now,
  }
}
