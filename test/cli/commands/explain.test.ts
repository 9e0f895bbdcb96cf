import { describe, expect, it } from 'vitest'
import { aProblem } from '../fake-gateway.ts'
import { aTerminal, signedIn } from '../fake-terminal.ts'

const ANSWER = {
  role: 'payments-prod/admin',
  arn: 'arn:aws:iam::012345678901:role/Admin',
  available: false,
  because: 'denied_by_rule',
  idp: 'entra',
  groups: { count: 3, state: 'stated' },
  rules: [
    { rule: 'sre', effect: 'grant', met: { group: 'AWS-SRE' } },
    { rule: 'team', effect: 'grant', wants: ['AWS-Dev'] },
    { rule: 'no-leavers', effect: 'deny', met: { group: null } },
  ],
  unmet: [{ condition: 'x', why: 'Only in \u001b[31mthe browser.' }],
  limits: [{ by: 'role', seconds: 3600 }],
  nearest: ['payments-prod/readonly'],
  ask: ['#payments-oncall'],
}

describe('rolegate explain', () => {
  it('tells it in the order of the decision, and steers no terminal', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('POST /v1/explain', { json: ANSWER })
    const { exit, out } = await run('explain', 'payments-prod/admin')
    expect(exit).toBe(0)
    expect(out.split('\n').map((line) => line.trimEnd())).toEqual([
      '✗ payments-prod/admin: forbidden by a rule',
      '  groups   3 seen at entra',
      '  rules    ✓ sre  gives it: your group AWS-SRE',
      '           · team  gives it: wants AWS-Dev',
      '           ✗ no-leavers  forbids it: everyone',
      String.raw`  unmet    Only in \u001b[31mthe browser.`,
      '  limit    1h  the role',
      '  instead  payments-prod/readonly',
      '  ask      #payments-oncall',
      '',
    ])
  })

  it('says that credentials are bound to the address that asks, where the gateway says so', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('POST /v1/explain', { json: { ...ANSWER, bindIp: true } })
    expect((await run('explain', 'payments-prod/admin')).out).toContain('bound    to the address that asks')
  })

  it('says what was kept out by a fence, what each use takes, and until when it lasts by whose clock', async () => {
    const { gateway, run, asked } = await signedIn({ timeZone: 'Europe/Berlin' })
    const usual = { seconds: 7200, limitedBy: 'default', until: '19:00', timeZone: 'Europe/Berlin' }
    const rules = [
      { rule: 'team', effect: 'grant', met: { group: 'AWS-Dev' }, used: true },
      { rule: 'by-name', effect: 'grant', fenced: 'aws.prod.\u001badmin' },
    ]
    const limits = [{ by: 'rule', seconds: 14_400, binds: true }]
    const told = { ...ANSWER, available: true, because: 'granted', rules, limits, elevated: true }
    gateway.on(
      'POST /v1/explain',
      { json: { ...told, usual } },
      { json: { ...told, usual: { ...usual, limitedBy: 'rule' } } },
      { json: { ...told, usual: { seconds: 3600, limitedBy: 'default' } } },
    )
    const { out } = await run('explain', 'payments-prod/admin')
    expect(out).toContain(String.raw`· by-name  gives it: its fence kept out your group aws.prod.\u001badmin`)
    expect(out).toContain('4h  the rule team, which binds')
    expect(out).toContain('usual    2h, until 19:00 in Europe/Berlin')
    expect(out).toContain('each     takes a fresh sign-in of its own, confirmed in a browser')
    expect((await run('explain', 'payments-prod/admin')).out).toContain(
      'usual    2h, cut short of 19:00 in Europe/Berlin',
    )
    expect((await run('explain', 'payments-prod/admin')).out).toMatch(/usual {4}1h\n/)
    expect(asked('POST /v1/explain')[0]).toEqual({ role: 'payments-prod/admin', timeZone: 'Europe/Berlin' })
  })

  it('says how an approval is asked for, and who gave the one there is', async () => {
    const { gateway, run } = await signedIn()
    const approval = {
      condition: 'approval',
      met: false,
      wants: '4h',
      saw: '',
      of: { rule: 'sre' },
      approvers: ['Leads'],
    }
    const limits = [{ by: 'approval', seconds: 1800, binds: true }]
    gateway.on(
      'POST /v1/explain',
      { json: { ...ANSWER, because: 'approval_required', conditions: [approval] } },
      { json: { ...ANSWER, because: 'approval_required', conditions: [approval], pending: 'req-1' } },
      {
        json: {
          ...ANSWER,
          because: 'granted',
          available: true,
          limits,
          conditions: [{ ...approval, met: true, saw: 'lena' }],
        },
      },
    )
    const lacking = (await run('explain', 'payments-prod/admin')).out
    expect(lacking).toContain('✗ approval  4h by Leads  (rule sre)')
    expect(lacking.trimEnd().split('\n').at(-1)).toBe('→ rolegate request payments-prod/admin --reason "why" --wait')
    const waiting = (await run('explain', 'payments-prod/admin')).out
    expect(waiting.trimEnd().split('\n').at(-1)).toBe(
      '→ you have asked for it, and nobody has answered yet: rolegate requests',
    )
    const given = (await run('explain', 'payments-prod/admin')).out
    expect(given).toContain('✓ approval  4h by Leads, given by lena')
    expect(given).toContain('30m  what is left of its approval, which binds')
  })

  it('says what people call a group where the gateway knows', async () => {
    const { gateway, run } = await signedIn()
    const groupNames = { 'AWS-SRE': 'Site\u0007 Reliability', 'AWS-Dev': 'Developers' }
    gateway.on('POST /v1/explain', { json: { ...ANSWER, groupNames } })
    const { out } = await run('explain', 'payments-prod/admin')
    expect(out).toContain(String.raw`gives it: your group Site\u0007 Reliability`)
    expect(out).toContain('gives it: wants Developers')
  })

  it('asks about a whole name as it is, and about a beginning as one of one’s own', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('POST /v1/explain', { json: ANSWER })
    await run('explain', 'other-account/admin')
    expect(gateway.asked.map(({ route }) => route)).toEqual(['POST /v1/explain'])
    await run('explain', 'payments-prod')
    expect(JSON.stringify(gateway.asked.at(-1))).toContain('payments-prod/readonly')
  })

  const OF_BOB = {
    ...ANSWER,
    because: 'not_entitled',
    rules: [
      { rule: 'sre', effect: 'grant', of: { idp: 'entra', groups: ['AWS-SRE', 'On-Call'] }, verdict: 'other_group' },
      { rule: 'okta', effect: 'grant', of: { idp: 'okta', everyone: true }, verdict: 'other_idp' },
      {
        rule: 'by-name',
        effect: 'grant',
        of: { idp: 'entra', pattern: '^a.*$' },
        verdict: 'fenced',
        fenced: 'a\u001b.b',
      },
      { rule: 'ci', effect: 'grant', of: { workload: 'github' }, verdict: 'jobs_only' },
      { rule: 'leavers', effect: 'deny', of: { groups: ['Leavers'] }, verdict: 'met', met: { group: 'Leavers' } },
    ],
    unmet: [],
    limits: [{ by: 'sign-in', seconds: 3600 }],
    as: { idp: 'entra', groups: ['Leavers', 'x'] },
    config: '9f31c2000000',
  }

  it('tells operators of somebody imagined, with every rule', async () => {
    const { gateway, run, asked } = await signedIn()
    gateway.on('POST /v1/explain', { json: OF_BOB })
    const { exit, out } = await run('explain', 'payments-prod/admin', '--as-groups', 'Leavers, x', '--idp', 'entra')
    expect(exit).toBe(0)
    expect(asked('POST /v1/explain')).toEqual([
      { role: 'payments-prod/admin', as: { idp: 'entra', groups: ['Leavers', 'x'] } },
    ])
    expect(out.split('\n').map((line) => line.trimEnd())).toEqual([
      '✗ payments-prod/admin: no rule gives it to them',
      '  groups   3 seen at entra',
      '  rules    · sre  gives it: other groups; it says AWS-SRE or On-Call at entra',
      '           · okta  gives it: another IdP; it says everyone at okta',
      String.raw`           · by-name  gives it: its fence kept out a\u001b.b; it says groups that fit ^a.*$ at entra`,
      '           · ci  gives it: jobs; it says jobs of github',
      '           ✗ leavers  forbids it: group Leavers',
      '  limit    1h  a new sign-in',
      '  instead  payments-prod/readonly',
      '  ask      #payments-oncall',
      '  config   9f31c2000000',
      '',
    ])
  })

  it('takes groups one by one, for names with commas', async () => {
    const { gateway, run, asked } = await signedIn()
    gateway.on('POST /v1/explain', { json: OF_BOB })
    const names = ['CN=Team,OU=Groups', 'CN=Ops, OU=Groups']
    await run('explain', 'a/b', '--idp', 'entra', '--as-groups', 'x', ...names.flatMap((name) => ['--as-group', name]))
    expect(asked('POST /v1/explain')).toEqual([{ role: 'a/b', as: { idp: 'entra', groups: ['x', ...names] } }])
    expect(await run('explain', 'a/b', '--as-group', 'x')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('--idp ID'),
    })
  })

  it('says when, from where and how somebody asks, by the clock of this machine where no zone is named', async () => {
    const { gateway, run, asked } = await signedIn()
    gateway.on('POST /v1/explain', {
      json: {
        ...OF_BOB,
        conditions: [
          { condition: 'ip', met: false, wants: '10.0.0.0/8', saw: '192.0.2.1', of: { rule: 'office' } },
          { condition: 'time', met: true, assumed: true, wants: 'Mon-Fri 07:00-20:00 UTC', saw: 'Mon 09:00', of: {} },
          { condition: 'reason', met: true, assumed: true, wants: '', saw: '', of: { role: 'admin' } },
        ],
      },
    })
    const bob = ['explain', 'a/b', '--idp', 'entra', '--ip', '192.0.2.1']
    const { out } = await run(...bob, '--at', '2030-01-07T09:00+01:00', '--mfa', '5m')
    expect(out).toContain('✗ ip  10.0.0.0/8, seen 192.0.2.1  (rule office)')
    expect(out).toContain('✓ time  Mon-Fri 07:00-20:00 UTC, taken as met')
    expect(out).toContain('✓ reason  any, taken as met')
    await run(...bob, '--mfa', 'none')
    expect(asked('POST /v1/explain')).toEqual([
      { role: 'a/b', as: { idp: 'entra', groups: [], at: '2030-01-07T08:00:00Z', ip: '192.0.2.1', mfa: '5m' } },
      { role: 'a/b', as: { idp: 'entra', groups: [], ip: '192.0.2.1', mfa: false } },
    ])
    for (const reason of ['INC-1', 'none']) await run('explain', 'a/b', '--idp', 'entra', '--reason', reason)
    expect(asked('POST /v1/explain').slice(-2)).toEqual([
      { role: 'a/b', as: { idp: 'entra', groups: [], reason: 'INC-1' } },
      { role: 'a/b', as: { idp: 'entra', groups: [], reason: false } },
    ])
    await run('explain', 'a/b', '--idp', 'entra', '--at', '2030-01-07T09:00')
    expect(asked('POST /v1/explain').at(-1)).toMatchObject({
      as: { at: `${new Date('2030-01-07T09:00').toISOString().slice(0, 19)}Z` },
    })
  })

  it('tells operators of somebody who is signed in, and how old the groups are', async () => {
    const { gateway, run, asked } = await signedIn()
    const person = { username: 'bob@example.com', subject: 'u-b\u200bob', idp: 'entra', groupsAgeSeconds: 2_533 }
    gateway.on('POST /v1/explain', { json: { ...OF_BOB, person } })
    const { out } = await run('explain', 'a/b', '--person', 'Bob@example.com', '--idp', 'entra', '--mfa', 'none')
    expect(asked('POST /v1/explain')).toEqual([
      { role: 'a/b', person: { name: 'Bob@example.com', idp: 'entra', mfa: false } },
    ])
    expect(out).toContain(String.raw`person   bob@example.com (u-b\u200bob) at entra`)
    expect(out).toContain('3 seen at entra, read 42m ago')
    expect(out).toContain('1h  what is left of their sign-in')
    gateway.on(
      'POST /v1/explain',
      aProblem(404, 'role_ambiguous', { detail: 'It may be: bob (u-1) at entra; bob (u-2) at okta.' }),
    )
    expect(await run('explain', 'a/b', '--person', 'bob')).toMatchObject({
      exit: 6,
      err: expect.stringContaining('(u-2) at okta'),
    })
  })

  it('asks a file in place of a gateway, and nobody else', async () => {
    const asked: unknown[] = []
    const terminal = aTerminal({
      explainFile: async (...ask) => {
        asked.push(ask)
        return OF_BOB
      },
    })
    const line = ['explain', 'payments-prod/admin', '--idp', 'entra', '--as-groups', 'x', '--config', 'new.yaml']
    expect((await terminal.run(...line)).out).toContain('no rule gives it to them')
    expect(asked).toEqual([['new.yaml', { role: 'payments-prod/admin', as: { idp: 'entra', groups: ['x'] } }]])
    expect(JSON.parse((await terminal.run(...line, '--json')).out)).toEqual(OF_BOB)
  })

  it.each([
    ['groups of no IdP', ['--as-groups', 'a']],
    ['a file, and nobody', ['--config', 'x.yaml']],
    ['a file, and somebody signed in', ['--config', 'x.yaml', '--person', 'bob']],
    ['a person, and groups', ['--person', 'bob', '--idp', 'entra', '--as-groups', 'a']],
    ['a person, and a group', ['--person', 'bob', '--as-group', 'a']],
    ['an address of no IdP', ['--ip', '192.0.2.1']],
    ['a reason of no IdP', ['--reason', 'INC-1']],
    ['a reason of two lines', ['--idp', 'entra', '--reason', 'INC-1\nINC-2']],
    ['a time that is none', ['--idp', 'entra', '--at', 'tomorrow']],
    ['a date without an hour', ['--idp', 'entra', '--at', '2030-01-07']],
  ])('exits 2 for %s', async (_, options) => {
    const { run } = await signedIn()
    expect((await run('explain', 'a/b', ...options)).exit).toBe(2)
  })

  it('exits 5 where whoever asks is no operator', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('POST /v1/explain', aProblem(403, 'not_entitled'))
    expect((await run('explain', 'a/b', '--idp', 'entra')).exit).toBe(5)
  })

  it('exits 6 for a role that there is not, and prints the answer as it came with --json', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('POST /v1/explain', { status: 404, json: { code: 'role_unknown', title: 'There is no such role' } })
    expect((await run('explain', 'no/where')).exit).toBe(6)
    gateway.on('POST /v1/explain', { json: { ...ANSWER, unmet: [] } })
    expect(JSON.parse((await run('explain', 'a/b', '--json')).out)).toMatchObject({ because: 'denied_by_rule' })
  })
})
