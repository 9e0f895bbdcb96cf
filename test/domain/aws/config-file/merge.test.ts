import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { beginOf, endOf } from '../../../../src/domain/aws/config-file/block.ts'
import type { ConfigFacts, OtherRole } from '../../../../src/domain/aws/config-file/facts.ts'
import type { Way } from '../../../../src/domain/aws/config-file/lines.ts'
import { mergeConfig, printBlock, type Merge } from '../../../../src/domain/aws/config-file/merge.ts'
import { noBotocore, readByBotocore, readByJs } from '../../../support/sdk-readers.ts'
import { aConfigRole, ORIGIN, PROD, someFacts } from './a-gateway.ts'

const PROCESS: Way = { mode: 'process', program: ['/usr/bin/node', '/opt/rolegate/main.js'], windows: false }
const merge = (config: string, over: Partial<Merge> = {}) =>
  mergeConfig({ facts: someFacts(), way: { mode: 'sso' }, config, credentials: '', prune: false, ...over })

const WHOLE = `# >>> rolegate https://aws.example.com >>>
# Written for you: what stands between these marks is replaced the next time.

[sso-session aws.example.com]
sso_start_url = https://aws.example.com/start
sso_region = eu-central-1
sso_registration_scopes = sso:account:access

[services aws.example.com]
sso_oidc =
  endpoint_url = https://aws.example.com
sso =
  endpoint_url = https://aws.example.com

[profile payments-dev.readonly]
sso_session = aws.example.com
sso_account_id = 012345678901
sso_role_name = readonly
region = eu-central-1
services = aws.example.com

[profile payments-prod.readonly]
sso_session = aws.example.com
sso_account_id = 222233334444
sso_role_name = readonly
region = eu-central-1
services = aws.example.com
# <<< rolegate https://aws.example.com <<<
`

describe('the block', () => {
  it('holds all that the stock clients need (aws.md §1.3)', () => {
    expect(merge('').text).toBe(WHOLE)
    expect(printBlock(someFacts())).toBe(WHOLE)
  })

  it('names roles that no AWS tool can take, why, and how they are taken', async () => {
    const others: readonly OtherRole[] = [
      { alias: 'payments-prod', role: 'admin', accountId: PROD.accountId, needs: ['elevated', 'reason'] },
      { alias: 'payments-prod', role: 'deploy', accountId: PROD.accountId, needs: ['approval'] },
    ]
    const lines = [
      '',
      '# Without a profile, since no AWS tool can confirm, give a reason or wait for an approval:',
      '#   payments-prod/admin (elevated, reason): rolegate exec payments-prod/admin --reason WHY -- COMMAND',
      '#   payments-prod/deploy (approval): rolegate exec payments-prod/deploy -- COMMAND',
    ]
    const facts = someFacts(undefined, { others })
    const mark = endOf(ORIGIN)
    expect(merge('', { facts }).text).toBe(WHOLE.replace(mark, [...lines.map((line) => `${line}\n`), mark].join('')))
    expect(await readByJs(merge('', { facts }).text)).toEqual(await readByJs(WHOLE))
    // Whoever has thousands reads the list.
    const many = Array.from({ length: 23 }, (_, at) => ({ ...others[1], role: `r${at}` }))
    const { text } = merge('', { facts: someFacts(undefined, { others: many }) })
    expect(text).toContain('#   payments-prod/r19 (approval)')
    expect(text).not.toContain('r20')
    expect(text).toContain('#   and 3 more: rolegate list\n')
  })

  it('forgets the profile of a role that has come to need a reason: it is theirs still', () => {
    const others = [{ alias: 'payments-prod', role: 'readonly', accountId: PROD.accountId, needs: ['reason'] }]
    for (const way of [{ mode: 'sso' } as const, PROCESS]) {
      const { removed, kept } = merge(merge('', { way }).text, { facts: someFacts([aConfigRole()], { others }), way })
      expect([removed, kept]).toEqual([['payments-prod.readonly'], []])
    }
  })

  it('asks this program instead, for tools that read no endpoint (--mode process)', () => {
    const { text } = merge('', { facts: someFacts([aConfigRole()]), way: PROCESS })
    expect(text.split('\n').slice(2, -2)).toEqual([
      '',
      '[profile payments-dev.readonly]',
      'credential_process = "/usr/bin/node" "/opt/rolegate/main.js" credential-process payments-dev/readonly --server https://aws.example.com',
      'region = eu-central-1',
    ])
  })

  it('writes a Windows path as Windows spells it', () => {
    const program = ['C:\\Program Files\\nodejs\\node.exe', 'C:\\Users\\Zoë\\rolegate\\main.js']
    expect(merge('', { way: { mode: 'process', program, windows: true } }).text).toContain(
      'credential_process = "C:\\Program Files\\nodejs\\node.exe" "C:\\Users\\Zoë\\rolegate\\main.js" credential-process',
    )
  })

  it.each(['rolegate', './main.js', '/a"b', '/a$b', '/a`b', '/a\\b', '/a;b', '/a #b', '/a\nb', '/a%b', '/~$(x)', ''])(
    'refuses to write the path %j into a command line',
    (path) => {
      const way: Way = { mode: 'process', program: ['/usr/bin/node', path], windows: false }
      expect(() => merge('', { way })).toThrow('config_invalid')
    },
  )
})

describe('the rest of the file', () => {
  it.each([
    ['an empty file', ''],
    ['a file without a last line feed', '[default]\nregion = eu-west-1'],
    ['a file with comments', '# mine\n[default]\nregion = eu-west-1 ; here\n\n\n'],
    ['a file from Windows', '[default]\r\nregion = eu-west-1\r\n'],
    ['a byte order mark', '\uFEFF[default]\nregion = x\n'],
    ['nothing but a byte order mark', '\uFEFF'],
    ['another gateway’s block', `${beginOf('https://b.example')}\n[profile b]\n${endOf('https://b.example')}\n`],
  ])('%s stays as it is, before the block and after it', (_what, config) => {
    const once = merge(config).text
    expect(once.startsWith(config)).toBe(true)
    expect(merge(once).text).toBe(once)
    const tail = '\n[profile later]\nregion = eu-west-1\n'
    const changed = merge(`${once}${tail}`, { facts: someFacts([PROD]) }).text
    expect(changed.startsWith(config) && changed.endsWith(tail)).toBe(true)
  })

  it('is kept to the byte, whatever it is', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\n',
        '\r\n',
        '\uFEFF',
        '[profile payments-dev.readonly]\n',
        '[default]\n',
        'a = b\n',
        '  nested = 1\n',
        '# >>> rolegate ',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece), fc.array(piece), (head, tail) => {
        const [before, after] = [head.join(''), tail.join('')]
        const first = merge(before).text
        expect(first.startsWith(before)).toBe(true)
        const whole = `${first}${after}`
        const second = merge(whole, { facts: someFacts([PROD]), prune: true }).text
        expect(second.startsWith(before) && second.endsWith(after)).toBe(true)
        expect(merge(second, { facts: someFacts([PROD]), prune: true }).text).toBe(second)
      }),
    )
  })

  it('gives the block the line ends that the file has', () => {
    expect(merge('[default]\r\n').text.replaceAll('\r\n', '')).not.toContain('\n')
    expect(merge(merge('[default]\r\n').text).text.replaceAll('\r\n', '')).not.toContain('\n')
  })

  it.each([
    ['a beginning without an end', `${beginOf(ORIGIN)}\n[profile a]\n`, 1],
    ['an end without a beginning', `[profile a]\n${endOf(ORIGIN)}\n`, 2],
    ['two blocks', `${WHOLE}${WHOLE}`, 29],
    ['a block in a block', `${beginOf(ORIGIN)}\n${beginOf(ORIGIN)}\n${endOf(ORIGIN)}\n`, 2],
    ['another gateway’s in ours', `${beginOf(ORIGIN)}\n${beginOf('https://b.example')}\n${endOf(ORIGIN)}\n`, 2],
  ])('%s: nothing is touched, and the line is named', (_what, config, mark) => {
    expect(() => merge(config)).toThrow(expect.objectContaining({ code: 'config_invalid', values: { mark } }))
  })
})

describe('what the file has already', () => {
  it.each([
    '[profile payments-dev.readonly]',
    '[profile  payments-dev.readonly ]',
    '[profile "payments-dev.readonly"]',
    "  [profile 'payments-dev.readonly'] # mine",
  ])('a profile %s outside the block is left alone, and not written a second time', (heading) => {
    const { text, skipped, written } = merge(`${heading}\nregion = eu-west-1\n`)
    expect({ skipped, written }).toEqual({ skipped: ['payments-dev.readonly'], written: ['payments-prod.readonly'] })
    expect(text).not.toContain('[profile payments-dev.readonly]\nsso_session')
  })

  it('a profile of that name in the block of another gateway counts as well', () => {
    const other = mergeConfig({
      ...mergeInput(''),
      facts: someFacts([PROD], { origin: 'https://b.example', startUrl: 'https://b.example/start' }),
    }).text
    expect(merge(other).skipped).toEqual(['payments-prod.readonly'])
  })

  it('the same name in the credentials file wins there: it is said', () => {
    const credentials = '[payments-prod.readonly]\naws_access_key_id = AKIA\n[unrelated]\n'
    expect(merge('', { credentials }).shadowed).toEqual(['payments-prod.readonly'])
  })

  it.each(['sso-session', 'services'] as const)(
    'a [%s] of our name is refused: twice would break the file',
    (section) => {
      const config = `[${section} aws.example.com]\nx = y\n`
      expect(() => merge(config)).toThrow(
        expect.objectContaining({ code: 'config_invalid', values: { section, session: 'aws.example.com' } }),
      )
      expect(merge(config, { way: PROCESS }).written).toHaveLength(2)
    },
  )
})

describe('roles that are no longer on the list', () => {
  const both = merge('').text
  const fewer = { facts: someFacts([PROD]) }

  it('keep their profile, built anew, under a heading that says so', () => {
    const { text, kept, removed } = merge(both, fewer)
    expect({ kept, removed }).toEqual({ kept: ['payments-dev.readonly'], removed: [] })
    expect(text).toContain(
      '# No longer among your roles:\n\n[profile payments-dev.readonly]\nsso_session = aws.example.com\n',
    )
    expect(merge(text, fewer).text).toBe(text)
    expect(merge(text).text).toBe(both)
  })

  it('lose it with --prune', () => {
    const { text, kept, removed } = merge(both, { ...fewer, prune: true })
    expect({ kept, removed }).toEqual({ kept: [], removed: ['payments-dev.readonly'] })
    expect(text).not.toContain('payments-dev')
  })

  it('keep it when the mode changes, as far as it can be built', () => {
    const asProcess = merge(both, { ...fewer, way: PROCESS })
    expect(asProcess.kept).toEqual(['payments-dev.readonly'])
    expect(asProcess.text).toContain('credential-process 012345678901/readonly --server https://aws.example.com\n')
    expect(merge(asProcess.text, { ...fewer, way: PROCESS }).text).toBe(asProcess.text)
    // An account's number is nowhere in a command line that names its alias.
    const named = merge(merge('', { way: PROCESS }).text, fewer)
    expect(named).toMatchObject({ kept: [], removed: ['payments-dev.readonly'] })
  })

  it('a new template renames the profiles of roles that are there, and keeps none of the old names', () => {
    const { text, kept, removed } = merge(both, { template: '{role}@{alias}'.replace('@', '-in-') })
    expect({ kept, removed }).toEqual({ kept: [], removed: ['payments-dev.readonly', 'payments-prod.readonly'] })
    expect(text).toContain('[profile readonly-in-payments-dev]')
  })

  it.each([
    ['another command', (text: string) => text.replace('sso_role_name = readonly', 'credential_process = evil')],
    ['no region', (text: string) => text.replace('region = eu-central-1\nservices', 'services')],
    ['a strange account', (text: string) => text.replace('012345678901', '0123')],
    ['a strange name', (text: string) => text.replace('payments-dev.readonly', 'payments dev')],
    ['a command for an account', (text: string) => text.replace('012345678901', 'x" $(evil) "')],
  ])('an entry of the block with %s is let go, not copied (threats.md D13)', (_what, change) => {
    for (const way of [PROCESS, { mode: 'sso' } as const]) {
      const { text, kept } = merge(change(both), { ...fewer, way })
      expect(text).not.toContain('evil')
      expect(kept.length === 0 || way === PROCESS).toBe(true)
    }
  })
})

const mergeInput = (config: string): Merge => ({
  facts: someFacts(),
  way: { mode: 'sso' },
  config,
  credentials: '',
  prune: false,
})

// Names and numbers that are allowed, in all their variety.
const word = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/)
const account = fc.stringMatching(/^\d{12}$/)
const region = fc.constantFrom('eu-central-1', 'us-gov-west-1', 'cn-north-1', 'ap-southeast-2')
const someRoles = fc.uniqueArray(fc.record({ alias: word, role: word, accountId: account, region }), {
  selector: ({ alias, role }) => `${alias}.${role}`,
  maxLength: 5,
})
const origin = fc.constantFrom(ORIGIN, 'http://127.0.0.1:8420', 'http://[::1]:8420', 'https://a-b.c.example:8443')
const anyFacts: fc.Arbitrary<ConfigFacts> = fc
  .tuple(someRoles, origin, region)
  .map(([roles, origin, ssoRegion]) =>
    someFacts(roles, { origin, startUrl: 'https://rolegate.invalid.awsapps.com/start', ssoRegion }),
  )
const theirFile = fc.constantFrom(
  '',
  '[default]\nregion = eu-west-1',
  '[default]\r\nregion = eu-west-1\r\ns3 =\r\n  max_concurrent_requests = 20\r\n',
  '# Grüße\n[profile "with space"]\noutput=json\n\n[sso-session other]\nsso_region = us-east-1\n',
)

describe.skipIf(noBotocore !== undefined)(
  `as Python’s SDK reads it${noBotocore ? ` (skipped: ${noBotocore})` : ''}`,
  () => {
    it('every profile is there, and what was there before reads as before', () => {
      const samples = fc.sample(fc.tuple(anyFacts, theirFile), 60)
      const before = readByBotocore(samples.map(([, config]) => config))
      const after = readByBotocore(samples.map(([facts, config]) => merge(config, { facts }).text))
      for (const [index, [facts]] of samples.entries()) {
        const read = after[index]
        const [session = '', shared] = Object.entries(read?.sso_sessions ?? {}).find(([name]) => name !== 'other') ?? []
        expect(shared).toEqual({
          sso_start_url: facts.startUrl,
          sso_region: facts.ssoRegion,
          sso_registration_scopes: 'sso:account:access',
        })
        const endpoint = { endpoint_url: facts.origin }
        expect(read?.services).toEqual({ [session]: { sso: endpoint, sso_oidc: endpoint } })
        const ours = facts.roles.map(({ alias, role, accountId, region }) => [
          `${alias}.${role}`,
          { sso_session: session, services: session, sso_account_id: accountId, sso_role_name: role, region },
        ])
        expect(read?.profiles).toEqual({ ...before[index]?.profiles, ...Object.fromEntries(ours) })
      }
    })

    it('finds no second profile, whatever stood in the file', () => {
      const headings = ['[profile a.b]', "[profile 'a.b']", ' [profile a.b]', '[profile a.b] ; x']
      const facts = someFacts([aConfigRole({ alias: 'a', role: 'b' })])
      const read = readByBotocore(headings.map((heading) => merge(`${heading}\nregion = eu-west-1\n`, { facts }).text))
      expect(read.map((one) => one?.profiles['a.b'])).toEqual(headings.map(() => ({ region: 'eu-west-1' })))
    })
  },
)

describe('as the JavaScript SDK reads it', () => {
  it('every profile is there, in both modes', async () => {
    for (const [facts, config] of fc.sample(fc.tuple(anyFacts, theirFile), 25)) {
      const sso = await readByJs(merge(config, { facts }).text)
      const asProcess = await readByJs(merge(config, { facts, way: PROCESS }).text)
      for (const { alias, role, accountId, region } of facts.roles) {
        const name = `${alias}.${role}`
        expect(sso[name]).toMatchObject({ sso_account_id: accountId, sso_role_name: role, region })
        expect(asProcess[name]).toEqual({
          credential_process: `"/usr/bin/node" "/opt/rolegate/main.js" credential-process ${alias}/${role} --server ${facts.origin}`,
          region,
        })
      }
    }
  })
})
