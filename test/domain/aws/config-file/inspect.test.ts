import { describe, expect, it } from 'vitest'
import { inspectConfig } from '../../../../src/domain/aws/config-file/inspect.ts'
import type { Way } from '../../../../src/domain/aws/config-file/lines.ts'
import { mergeConfig } from '../../../../src/domain/aws/config-file/merge.ts'
import { aConfigRole, ORIGIN, PROD, someFacts } from './a-gateway.ts'

const facts = someFacts()
const written = (way: Way = { mode: 'sso' }, config = '') =>
  mergeConfig({ facts, way, config, credentials: '', prune: false }).text
const PROCESS: Way = { mode: 'process', program: ['/usr/bin/node', '/opt/main.js'], windows: false }
const WELL = {
  absent: false,
  outdated: false,
  missing: [],
  vanished: [],
  twice: [],
  shadowed: [],
  misled: [],
  programs: [],
}
const inspected = (config: string, credentials = '') => inspectConfig(facts, config, credentials)

describe('inspectConfig', () => {
  it('finds nothing to say of what was just written, in either mode and in company', () => {
    expect(inspected(written())).toEqual(WELL)
    expect(inspected(written({ mode: 'sso' }, '[default]\r\nregion = eu-west-1\r\n'))).toEqual(WELL)
    expect(inspected(written(PROCESS))).toEqual({ ...WELL, programs: ['/usr/bin/node', '/opt/main.js'] })
  })

  it('knows the lines of the first versions, whose words came in another order', () => {
    const old = written(PROCESS).replace(/ (credential-process \S+) (--server \S+)$/gm, ' $2 $1')
    expect(old).toContain('--server https://aws.example.com credential-process payments-dev/readonly\n')
    expect(inspected(old)).toEqual({ ...WELL, programs: ['/usr/bin/node', '/opt/main.js'] })
  })

  it('whatever the template calls them', () => {
    const template = '{account}/{role}'
    const { text } = mergeConfig({ facts, way: { mode: 'sso' }, template, config: '', credentials: '', prune: false })
    expect(inspected(text)).toEqual(WELL)
  })

  it('tells a file without a block from one without some of the roles', () => {
    expect(inspected('[default]\n')).toMatchObject({
      absent: true,
      missing: ['payments-dev/readonly', 'payments-prod/readonly'],
    })
    const fewer = mergeConfig({
      facts: someFacts([PROD]),
      way: { mode: 'sso' },
      config: '',
      credentials: '',
      prune: false,
    })
    expect(inspected(fewer.text)).toEqual({ ...WELL, missing: ['payments-dev/readonly'] })
    const more = mergeConfig({
      facts: someFacts([aConfigRole(), PROD, aConfigRole({ alias: 'old', accountId: '999999999999' })]),
      way: { mode: 'sso' },
      config: '',
      credentials: '',
      prune: false,
    })
    expect(inspected(more.text)).toEqual({ ...WELL, vanished: ['old.readonly'] })
  })

  it.each([
    ['another start URL', (text: string) => text.replace('/start', '/begin')],
    ['another region', (text: string) => text.replace('sso_region = eu-central-1', 'sso_region = us-east-1')],
    ['no endpoint for one half', (text: string) => text.replace(/sso =\n {2}endpoint_url.*\n/, '')],
    ['no shared sections', (text: string) => text.replace(/\[sso-session[^]*?\n\n/, '')],
  ])('sees that the block says %s', (_what, change) => {
    expect(inspected(change(written())).outdated).toBe(true)
  })

  it('finds what stands twice, and whose keys win', () => {
    const twice = inspected(`${written()}[profile payments-dev.readonly]\n[sso-session aws.example.com]\n`)
    expect(twice.twice).toEqual(['profile payments-dev.readonly', 'sso-session aws.example.com'])
    expect(inspected(written(), '[payments-prod.readonly]\n').shadowed).toEqual(['payments-prod.readonly'])
  })

  it.each([
    [
      'a profile of theirs with our session and no services',
      '[profile mine]\nsso_session = aws.example.com\n',
      ['profile mine'],
    ],
    ['one of the old kind', `[profile old]\nsso_start_url = ${ORIGIN}/start\n`, ['profile old']],
    ['the default one', '[default]\nsso_session = aws.example.com\n', ['default']],
    [
      'one that is led elsewhere',
      '[profile mine]\nsso_session = aws.example.com\nservices = x\n[services x]\nsso =\n  endpoint_url = https://evil.example\n',
      ['profile mine'],
    ],
    ['one that is led here', '[profile mine]\nsso_session = aws.example.com\nservices = aws.example.com\n', []],
    ['one of another company', '[profile mine]\nsso_start_url = https://d-0123456789.awsapps.com/start\n', []],
  ])('finds who would sign in at AWS itself (threats.md D8): %s', (_what, theirs, misled) => {
    expect(inspected(`${theirs}${written()}`).misled).toEqual(misled)
  })

  it('finds a profile of the block that lost its services line', () => {
    const text = written().replace('services = aws.example.com\n', '')
    expect(inspected(text).misled).toEqual(['profile payments-dev.readonly'])
  })

  it('is for marks that pair up', () => {
    expect(() => inspected(`# >>> rolegate ${ORIGIN} >>>\n`)).toThrow('config_invalid')
  })
})
