import { describe, expect, it } from 'vitest'
import { makeMetrics } from '../../../src/adapters/telemetry/metrics.ts'

async function told() {
  const metrics = makeMetrics({ version: '1.2.3', withProcess: false })
  metrics.request('GET', '/sign-in/{idp}', 303, 0.012)
  metrics.event('issued')
  metrics.event('issued')
  metrics.refusal('not_entitled')
  metrics.suspect('replay')
  metrics.awsNotAsked('too_many_at_once')
  metrics.handOverLimited('person')
  for (const count of [1, 2, 30]) metrics.roleOfTheHour('person', count)
  metrics.fenced('by-convention')
  metrics.nearsGroupLimit('okta')
  metrics.groups('okta', 85)
  metrics.groups('okta', 3)
  metrics.unseenDenies(2)
  metrics.clockSkew('sts:default', -2.5)
  metrics.issuerSeen({ isTampered: true, at: new Date(3_000) })
  metrics.recheck('entra', 'changed')
  metrics.tampered('sessions')
  metrics.auditFailure()
  metrics.configLoaded('0123abcd', new Date(1_000))
  metrics.configLoaded('c0ffee', new Date(2_000))
  metrics.configStale(7)
  return { metrics, text: await metrics.text() }
}

const namesIn = (text: string) => [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
const labelsIn = (text: string) => new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label))

describe('/metrics', () => {
  it('tells what happened', async () => {
    const { text } = await told()
    expect(text).toContain('rolegate_build_info{version="1.2.3"} 1')
    expect(text).toContain(
      'rolegate_http_request_duration_seconds_count{method="GET",route="/sign-in/{idp}",code="303"} 1',
    )
    expect(text).toContain('rolegate_audit_events_total{event="issued"} 2')
    expect(text).toContain('rolegate_refusals_total{code="not_entitled"} 1')
    expect(text).toContain('rolegate_suspect_requests_total{class="replay"} 1')
    expect(text).toContain('rolegate_suspect_requests_total{class="wrapping"} 0')
    expect(text).toContain('rolegate_aws_not_asked_total{why="too_many_at_once"} 1')
    expect(text).toContain('rolegate_hand_overs_limited_total{of="person"} 1')
    expect(text).toContain('rolegate_roles_per_hour_bucket{le="20",of="person"} 2')
    expect(text).toContain('rolegate_roles_per_hour_count{of="person"} 3')
    expect(text).toContain('rolegate_fence_refusals_total{rule="by-convention"} 1')
    expect(text).toContain('rolegate_group_limit_warnings_total{idp="okta"} 1')
    expect(text).toContain('rolegate_sign_in_groups_max{idp="okta"} 85')
    expect(text).toContain('rolegate_deny_groups_unseen 2')
    expect(text).toContain('rolegate_clock_skew_seconds{neighbour="sts:default"} -2.5')
    expect(text).toContain('rolegate_issuer_tampered 1')
    expect(text).toContain('rolegate_issuer_last_seen_timestamp_seconds 3')
    expect(text).toContain('rolegate_group_rechecks_total{idp="entra",outcome="changed"} 1')
    expect(text).toContain('rolegate_store_tampered_rows_total{table="sessions"} 1')
    expect(text).toContain('rolegate_audit_failures_total 1')
    expect(text).toContain('rolegate_config_last_reload_successful 1')
    expect(text).toContain('rolegate_config_last_reload_success_timestamp_seconds 2')
    expect(text).toContain('rolegate_config_stale_seconds 7')
    expect(text).toContain('rolegate_config_info{hash="c0ffee"} 1')
    expect(text).not.toContain('0123abcd')
  })

  describe('says of our issuer', () => {
    const issuerIn = async (metrics: ReturnType<typeof makeMetrics>) =>
      (await metrics.text()).split('\n').filter((line) => line.startsWith('rolegate_issuer_'))
    const aStart = () => makeMetrics({ version: '1.2.3', withProcess: false })

    it('nothing before anybody has looked, and for ever where AWS has no reason to: an alert on its age is none then', async () => {
      expect(await issuerIn(aStart())).toEqual([])
    })

    it('since when it could not be read, where it never was: that has an age too', async () => {
      const metrics = aStart()
      for (const second of [1, 2]) metrics.issuerUnseen(new Date(second * 1000))
      expect(await issuerIn(metrics)).toEqual(['rolegate_issuer_last_seen_timestamp_seconds 1'])
    })

    it('when it was read, whatever becomes of it afterwards', async () => {
      const metrics = aStart()
      metrics.issuerUnseen(new Date(1_000))
      metrics.issuerSeen({ isTampered: false, at: new Date(2_000) })
      metrics.issuerUnseen(new Date(3_000))
      expect(await issuerIn(metrics)).toEqual([
        'rolegate_issuer_tampered 0',
        'rolegate_issuer_last_seen_timestamp_seconds 2',
      ])
    })
  })

  it('names things as the contract says: our prefix, base units, _total for what only grows', async () => {
    const { text } = await told()
    for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)/gm)) {
      expect(name).toMatch(/^rolegate_[a-z_]+$/)
      if (type === 'counter') expect(name).toMatch(/_total$/)
      if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes|per_hour)$/)
    }
    expect(namesIn(text)).toHaveLength(22)
  })

  it('has no label for people, groups or accounts (contract.md)', async () => {
    const { text } = await told()
    expect(labelsIn(text)).toEqual(
      new Set([
        'class',
        'code',
        'event',
        'hash',
        'idp',
        'le',
        'method',
        'neighbour',
        'of',
        'outcome',
        'route',
        'rule',
        'table',
        'version',
        'why',
      ]),
    )
  })

  it('says that a configuration was refused, and still which one is in force', async () => {
    const { metrics } = await told()
    metrics.configRefused()
    expect(await metrics.text()).toContain('rolegate_config_last_reload_successful 0')
    expect(await metrics.text()).toContain('rolegate_config_info{hash="c0ffee"} 1')
  })

  it('keeps two gateways of one process apart', async () => {
    const { metrics } = await told()
    const other = makeMetrics({ version: '9.9.9', withProcess: false })
    expect(await other.text()).not.toContain('event="issued"')
    expect(await metrics.text()).not.toContain('9.9.9')
  })

  it('tells of the process where it is asked to', async () => {
    const metrics = makeMetrics({ version: '1.2.3', withProcess: true })
    expect(await metrics.text()).toMatch(/^process_cpu_seconds_total|^nodejs_/m)
  })
})
