import { describe, expect, it } from 'vitest'
import { textOf } from '../../../src/config/reload/difference.ts'
import { keepFixed } from '../../../src/config/reload/fixed.ts'
import { A_FILE, changed, load } from '../a-file.ts'

const running = load(A_FILE).config
const after = (text: string) => keepFixed(running, load(text).config)
const atServer = (text: string) =>
  changed(['  public_url: https://aws.example.com', `  public_url: https://aws.example.com\n  ${text}`])

describe('what a running process cannot change', () => {
  it.each([
    [
      'server.public_url',
      changed(['https://aws.example.com', 'https://roles.example.com']),
      ['server.public_url', 'issuer'],
    ],
    ['server.listen', atServer('listen: { port: 1234 }'), ['server.listen']],
    ['server.management', atServer('management: { port: 1234 }'), ['server.management']],
    ['secrets', `${A_FILE}secrets: { master_key_file: /run/secrets/master.key }\n`, ['secrets']],
    ['issuer', `${A_FILE}issuer: { token_lifetime: 1m }\n`, ['issuer']],
    ['store', changed(['/var/lib/rolegate/rolegate.db', '/var/lib/rolegate/other.db']), ['store']],
    ['audit', `${A_FILE}audit: { sinks: [{ type: store }, { type: stdout }] }\n`, ['audit']],
    ['telemetry.log', `${A_FILE}telemetry: { log: { level: debug } }\n`, ['telemetry.log']],
  ])('%s stays as it was, and is named', (_setting, text, needsRestart) => {
    const kept = after(text)
    expect(kept.needsRestart).toEqual(needsRestart)
    expect(textOf(kept.config)).toBe(textOf(running))
  })

  it('the rest is taken', () => {
    const { config, needsRestart } = after(
      changed(['ReadOnly', 'Reader'], ['https://aws.example.com', 'https://x.example.com']),
    )
    expect(config.mapping.roles.get('readonly')?.roleName).toBe('Reader')
    expect(config.server.publicUrl).toBe('https://aws.example.com')
    expect(needsRestart).toEqual(['server.public_url', 'issuer'])
  })

  it('proxies are no listener', () => {
    const { config, needsRestart } = after(atServer('trusted_proxies: [10.20.30.0/24]'))
    expect(config.server.trustedProxies).toEqual(['10.20.30.0/24'])
    expect(needsRestart).toEqual([])
  })
})
