import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { ATTACK_CLASSES, type AttackClass } from '../../domain/audit/attack-class.ts'

/** Everything `/metrics` says. Labels never carry people, groups or accounts (contract.md). */
export type Metrics = ReturnType<typeof makeMetrics>

export function makeMetrics({ version, withProcess }: { version: string; withProcess: boolean }) {
  const registry = new Registry()
  if (withProcess) collectDefaultMetrics({ register: registry })
  const registers = [registry]

  new Gauge({ name: 'rolegate_build_info', help: 'The running version.', labelNames: ['version'], registers }).set(
    { version },
    1,
  )
  const requests = new Histogram({
    name: 'rolegate_http_request_duration_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route', 'code'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  })
  const events = new Counter({
    name: 'rolegate_audit_events_total',
    help: 'Audit records written, by event.',
    labelNames: ['event'],
    registers,
  })
  const refusals = new Counter({
    name: 'rolegate_refusals_total',
    help: 'Requests refused, by error code.',
    labelNames: ['code'],
    registers,
  })
  const suspects = new Counter({
    name: 'rolegate_suspect_requests_total',
    help: 'Requests refused for something that attacks try, by its class.',
    labelNames: ['class'],
    registers,
  })
  // An alert needs a beginning to see an increase.
  for (const kind of ATTACK_CLASSES) suspects.inc({ class: kind }, 0)
  const awsNotAsked = new Counter({
    name: 'rolegate_aws_not_asked_total',
    help: 'Requests refused before AWS heard of them: at our own limit on how much is asked at once, or while it does not answer.',
    labelNames: ['why'],
    registers,
  })
  const limited = new Counter({
    name: 'rolegate_hand_overs_limited_total',
    help: 'Hand-overs refused because their person, their job or their role had had too many within a minute.',
    labelNames: ['of'],
    registers,
  })
  const rolesAnHour = new Histogram({
    name: 'rolegate_roles_per_hour',
    help: 'At every role that a person, or a job, is handed for the first time in an hour: how many different ones that makes.',
    labelNames: ['of'],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  })
  const fenced = new Counter({
    name: 'rolegate_fence_refusals_total',
    help: 'Groups that fitted a pattern and named what its fence keeps them from, by rule, at sign-in.',
    labelNames: ['rule'],
    registers,
  })
  const groupLimits = new Counter({
    name: 'rolegate_group_limit_warnings_total',
    help: 'Sign-ins of people in at least four fifths of the groups that their IdP sends at most, by IdP.',
    labelNames: ['idp'],
    registers,
  })
  const mostGroups = new Gauge({
    name: 'rolegate_sign_in_groups_max',
    help: 'The longest list of groups anybody has signed in with since start, by IdP.',
    labelNames: ['idp'],
    registers,
  })
  const unseenDenies = new Gauge({
    name: 'rolegate_deny_groups_unseen',
    help: 'Groups that a deny names and nobody was seen in since they were watched, or for thirty days, as of the last look within the hour.',
    registers,
  })
  const rechecks = new Counter({
    name: 'rolegate_group_rechecks_total',
    help: 'Times groups were to be read again before a hand-over: the same, changed, or unanswered, by IdP.',
    labelNames: ['idp', 'outcome'],
    registers,
  })
  const longest = new Map<string, number>()
  const tampered = new Counter({
    name: 'rolegate_store_tampered_rows_total',
    help: 'Store rows that did not open under the sealing key.',
    labelNames: ['table'],
    registers,
  })
  const clockSkew = new Gauge({
    name: 'rolegate_clock_skew_seconds',
    help: 'How far the clock of a neighbour was ahead of ours when it last answered: an STS, or an IdP.',
    labelNames: ['neighbour'],
    registers,
  })
  const issuerTampered = new Gauge({
    name: 'rolegate_issuer_tampered',
    help: '1: at the public address of our issuer stands what is not ours, and AWS believes it. 0: it was not seen. Absent: nobody has looked.',
    registers,
  })
  const issuerSeenAt = new Gauge({
    name: 'rolegate_issuer_last_seen_timestamp_seconds',
    help: 'When our issuer was last read by its public address, whatever stood there; until it has been, when we first tried. Absent: AWS has no reason to look.',
    registers,
  })
  // A gauge without labels starts at 0. That would be a time in 1970, and an answer to a question nobody has asked yet.
  issuerTampered.remove()
  issuerSeenAt.remove()
  let isIssuerWatched = false
  const auditFailures = new Counter({
    name: 'rolegate_audit_failures_total',
    help: 'Audit records that could not be written; each stopped a hand-over.',
    registers,
  })

  const reloaded = new Gauge({
    name: 'rolegate_config_last_reload_successful',
    help: '1: what was last read from disk is in force. 0: it was refused, and what was in force before still is.',
    registers,
  })
  const reloadedAt = new Gauge({
    name: 'rolegate_config_last_reload_success_timestamp_seconds',
    help: 'When what is in force was loaded.',
    registers,
  })
  const stale = new Gauge({
    name: 'rolegate_config_stale_seconds',
    help: 'For how long what is on disk has been refused. 0: it is in force.',
    registers,
  })
  const configInfo = new Gauge({
    name: 'rolegate_config_info',
    help: 'The configuration in force, as records name it.',
    labelNames: ['hash'],
    registers,
  })

  return {
    text: () => registry.metrics(),
    request: (method: string, route: string, code: number, seconds: number) =>
      requests.observe({ method, route, code: String(code) }, seconds),
    event: (event: string) => events.inc({ event }),
    handOverLimited: (of: 'person' | 'workload' | 'role') => limited.inc({ of }),
    roleOfTheHour: (of: 'person' | 'workload', count: number) => rolesAnHour.observe({ of }, count),
    fenced: (rule: string) => fenced.inc({ rule }),
    refusal: (code: string) => refusals.inc({ code }),
    suspect: (kind: AttackClass) => suspects.inc({ class: kind }),
    awsNotAsked: (why: string) => awsNotAsked.inc({ why }),
    nearsGroupLimit: (idp: string) => groupLimits.inc({ idp }),
    recheck: (idp: string, outcome: 'same' | 'changed' | 'unanswered') => rechecks.inc({ idp, outcome }),
    groups(idp: string, count: number) {
      longest.set(idp, Math.max(longest.get(idp) ?? 0, count))
      mostGroups.set({ idp }, longest.get(idp) ?? 0)
    },
    unseenDenies: (count: number) => unseenDenies.set(count),
    tampered: (table: string) => tampered.inc({ table }),
    clockSkew: (neighbour: string, seconds: number) => clockSkew.set({ neighbour }, seconds),
    /** It could not be read: how long that lasts counts from the first time. */
    issuerUnseen(at: Date) {
      if (!isIssuerWatched) issuerSeenAt.set(at.getTime() / 1000)
      isIssuerWatched = true
    },
    issuerSeen({ isTampered, at }: { isTampered: boolean; at: Date }) {
      isIssuerWatched = true
      issuerTampered.set(isTampered ? 1 : 0)
      issuerSeenAt.set(at.getTime() / 1000)
    },
    auditFailure: () => auditFailures.inc(),
    configLoaded(hash: string, at: Date) {
      reloaded.set(1)
      reloadedAt.set(at.getTime() / 1000)
      configInfo.reset()
      configInfo.set({ hash }, 1)
    },
    configRefused: () => reloaded.set(0),
    configStale: (seconds: number) => stale.set(seconds),
  }
}
