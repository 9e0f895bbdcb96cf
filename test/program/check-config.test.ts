import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { peopleIn } from '../../src/program/check/people.ts'
import { printReport } from '../../src/program/check/print.ts'
import { EXIT, reportOn, type Options, type Report } from '../../src/program/check/report.ts'
import type { SeenPerson } from '../../src/domain/policy/people.ts'
import { USAGE } from '../../src/program/check-config.ts'
import { A_FILE, changed, PINNED } from '../config/a-file.ts'
import { aFolder } from '../support/a-folder.ts'

/** With the secret of A_FILE in the environment. */
async function check(file: string, options: Partial<Options> = {}): Promise<Report> {
  process.env['IDP_SECRET'] = 'kD9-fK2vq'
  return reportOn(file, { insecureDev: false, ...options })
}

/** What a change of A_FILE's text comes to. */
async function comparing(before: string, after: string, options: Partial<Options> = {}) {
  const at = aFolder({ 'before.yaml': before, 'after.yaml': after })
  const report = await check(at('after.yaml'), { against: at('before.yaml'), ...options })
  const { out, err } = printReport(report)
  const shown = (text: string) => text.replaceAll(`${at('')}/`, '')
  return { report, out: shown(out), err: shown(err) }
}

const DEV_ONLY = changed([
  'accounts: [pay-prod, pay-dev], roles: [readonly, admin]',
  'accounts: pay-dev, roles: readonly',
])

describe('check-config', () => {
  it('says what a good file holds, and ends with 0', async () => {
    const at = aFolder({ 'a.yaml': `${A_FILE}${PINNED}` })
    const report = await check(at('a.yaml'))
    expect(report).toEqual({
      file: at('a.yaml'),
      ok: true,
      exit: 0,
      secrets: 'read',
      faults: [],
      warnings: [],
      config: { hash: expect.stringMatching(/^[0-9a-f]{12}$/), idps: 1, accounts: 2, roles: 2, rules: 1, tests: 0 },
    })
    expect(printReport(report)).toEqual({
      out: `${at('a.yaml')}: ok. 1 IdP, 2 accounts, 2 roles, 1 rule; it has no tests.\n`,
      err: '',
    })
  })

  describe('looks where serve would write', () => {
    const PLACES = `${PINNED}store: { driver: sqlite, path: state/r.db }
audit: { sinks: [{ type: file, path: logs/audit.jsonl }] }
`
    /** Beside a file that has its places, these folders; what it is warned of, without its folder's name. */
    async function warned(folders: readonly string[], options: Partial<Options> = {}) {
      const at = aFolder({ 'a.yaml': `${A_FILE.replace(/^store:.*\n/m, '')}${PLACES}` })
      for (const folder of folders) mkdirSync(at(folder))
      const { warnings, exit } = await check(at('a.yaml'), options)
      return { at, exit, said: warnings.map(({ path, message }) => `${path}: ${message.replaceAll(at(''), '…')}`) }
    }

    it('and warns of a folder that is not there', async () => {
      const make = (folder: string) =>
        `there is no folder …/${folder}. Make it, for the user the gateway runs as alone: mkdir -m 0700 …/${folder} [no-place-to-write]`
      expect(await warned([])).toMatchObject({
        exit: 0,
        said: [
          `store.path: serve would not start here: ${make('state')}`,
          `audit.sinks[0].path: serve would not start here: ${make('logs')}`,
        ],
      })
      expect((await warned([], { strict: true })).exit).toBe(EXIT.faults)
    })

    it('and makes nothing there', async () => {
      const { at, said } = await warned(['state', 'logs'])
      expect([said, readdirSync(at('state')), readdirSync(at('logs'))]).toEqual([[], [], []])
    })

    it('and takes no folder for a file', async () => {
      expect((await warned(['state', 'state/r.db', 'logs'])).said).toEqual([
        'store.path: serve would not start here: …/state/r.db is a folder [no-place-to-write]',
      ])
    })

    it('unless the file is not served here', async () => {
      expect((await warned([], { withoutSecrets: true })).said).toEqual([])
    })

    // Root may write anything.
    it.skipIf(process.getuid?.() === 0)('and warns of what this user may not write', async () => {
      const { at } = await warned(['state', 'logs'])
      chmodSync(at('state'), 0o500)
      const { warnings } = await check(at('a.yaml'))
      expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining(`may not write ${at('state')}`)])
    })
  })

  it('says every fault of a bad one, and ends with 3', async () => {
    const at = aFolder({ 'a.yaml': changed(['type: oidc', 'type: odic'], ['version: 1', 'version: 2']) })
    const report = await check(at('a.yaml'))
    expect([report.exit, report.ok, report.faults.length]).toEqual([3, false, 2])
    expect(report.faults[0]).toEqual({
      file: at('a.yaml'),
      line: 1,
      column: 10,
      path: 'version',
      message: 'must be 1',
    })
    expect(printReport(report).out).toBe('')
    expect(printReport(report).err).toContain('a.yaml:6:11  idps[0].type: must be one of oidc, saml')
  })

  describe('of a bad one', () => {
    const tests = (can: string) => `${A_FILE}tests:\n  - { as: { idp: entra, groups: [Team] }, can: [${can}] }\n`
    const told = async (text: string) => {
      const report = await check(aFolder({ 'a.yaml': text })('a.yaml'))
      return { report, last: printReport(report).err.trimEnd().split('\n').at(-1) }
    }

    it.each([
      ['a key that nobody knows', tests('pay-dev/nothing').replace('version: 1', 'version: 1\nversio: 1')],
      ['a role that nobody knows', tests('pay-dev/nothing').replace('[readonly, admin]', '[readonly, admn]')],
    ])('says that its tests wait behind %s', async (_, text) => {
      const { report, last } = await told(text)
      expect(report.unfinished).toBe(true)
      expect(last).toContain('more is looked at once this is right')
    })

    it('says nothing of it where they were asked', async () => {
      const { report, last } = await told(tests('pay-dev/admin').replace('[readonly, admin]', '[readonly]'))
      expect(report.faults).toHaveLength(1)
      expect(report.unfinished).toBeUndefined()
      expect(last).not.toContain('more is looked at')
    })
  })

  it('lets warnings pass, but for --strict', async () => {
    const at = aFolder({ 'a.yaml': `${changed(['[readonly, admin]', '[readonly]'])}${PINNED}` })
    const [lenient, strict] = [await check(at('a.yaml')), await check(at('a.yaml'), { strict: true })]
    expect([lenient.exit, strict.exit]).toEqual([0, 3])
    expect(printReport(lenient).err).toMatch(
      /^warning: .*roles\.admin: .*no rule grants this role \[ungranted-role\]\n$/,
    )
    expect(printReport(strict)).toMatchObject({ out: '', err: expect.stringContaining('--strict') })
  })

  it('misses no secret where none is wanted, and still looks at how they are named', async () => {
    const unset = A_FILE.replace('IDP_SECRET', 'NOT_SET_HERE')
    const at = aFolder({
      'a.yaml': unset.replace('idps:', 'secrets: { master_key_file: /run/secrets/nowhere }\nidps:'),
      'two.yaml': changed(['client_secret_env: IDP_SECRET', 'client_secret_env: A\n    client_secret_file: b']),
    })
    expect((await check(at('a.yaml'))).faults.map(({ path }) => path)).toEqual([
      'secrets.master_key_file',
      'idps[0].client_secret_env',
    ])
    expect((await check(at('a.yaml'), { withoutSecrets: true })).exit).toBe(0)
    expect(printReport(await check(at('a.yaml'), { withoutSecrets: true })).err).toMatch(
      /^note: secrets, keys and certificates/,
    )
    expect((await check(at('two.yaml'), { withoutSecrets: true })).faults).toHaveLength(1)
  })
})

describe('check-config --tests', () => {
  const QUESTIONS = `tests:
  - as: { idp: entra, groups: [Team] }
    can: [pay-dev/admin]
    cannot: [pay-prod/admin]
  - as: { idp: entra, groups: [] }
    cannot: [pay-prod/readonly]
`

  it('says of each question what came of it, of those that fail too', async () => {
    const at = aFolder({ 'a.yaml': `${A_FILE}${QUESTIONS}` })
    const report = await check(at('a.yaml'), { tests: true })
    expect(report.exit).toBe(3)
    expect(printReport(report).out.replaceAll(at('a.yaml'), 'a.yaml')).toBe(
      [
        'a.yaml:23  entra: Team',
        '  ✓ can     pay-dev/admin  by rule team',
        '  ✗ cannot  pay-prod/admin  by rule team',
        'a.yaml:26  entra: (no groups)',
        '  ✓ cannot  pay-prod/readonly  no rule grants it',
        '',
        '',
      ].join('\n'),
    )
    expect(report.tests?.map(({ passed }) => passed)).toEqual([true, false, true])
  })

  it('names the included file, denies, and groups as they are written', async () => {
    const at = aFolder({
      'a.yaml': `${A_FILE.replace('groups: { claim: groups }', 'groups: { claim: groups, kind: id, names_file: names.yaml }').replace('rules:\n', 'rules:\n  - { id: no, match: { idp: entra, group: Out }, deny: { accounts: pay-prod } }\n')}include: [{ files: more.yaml, within: { idps: [], accounts: pay-dev, roles: readonly } }]\n`,
      'names.yaml': '11111111-aaaa-4aaa-8aaa-111111111111: Team\n22222222-aaaa-4aaa-8aaa-222222222222: Out\n',
      'more.yaml': 'tests:\n  - as: { idp: entra, groups: [Team, Out] }\n    cannot: [pay-prod/readonly]\n',
    })
    const { out } = printReport(await check(at('a.yaml'), { tests: true }))
    expect(out).toContain(`${at('more.yaml')}:2  entra: Out, Team\n  ✓ cannot  pay-prod/readonly  closed by rule no\n`)
  })

  it('says that there are none', async () => {
    const at = aFolder({ 'a.yaml': A_FILE })
    expect(printReport(await check(at('a.yaml'), { tests: true })).out).toMatch(/^no tests were asked\n/)
    expect(await check(at('a.yaml'))).not.toHaveProperty('tests')
    const broken = aFolder({ 'a.yaml': changed(['version: 1', 'version: 2']) })
    expect(printReport(await check(broken('a.yaml'), { tests: true })).out).toBe('')
  })
})

describe('check-config --diff', () => {
  it('finds nothing between a file and itself', async () => {
    const { report, out } = await comparing(A_FILE, `# a word\n${A_FILE}`)
    expect(report.exit).toBe(0)
    expect(out).toContain('nothing differs from before.yaml')
  })

  it('ends with 10 when something differs', async () => {
    const { report, out } = await comparing(A_FILE, DEV_ONLY)
    expect(report.exit).toBe(10)
    expect(out).toContain(
      [
        'against before.yaml:',
        '',
        'entra: Team',
        '  - pay-prod/readonly  by team  (elevated or production)',
        '  - pay-prod/admin  by team  (elevated or production)',
        '  - pay-dev/admin  by team  (elevated or production)',
        '',
      ].join('\n'),
    )
  })

  it('ends with 11 when somebody else should look, and says why (threats.md R14)', async () => {
    const { report, out } = await comparing(DEV_ONLY, A_FILE)
    expect(report.exit).toBe(11)
    expect(out).toMatch(/somebody else should look at this\n {2}! entra: Team gains pay-prod\/readonly\n/)
    expect(report.diff?.concerns).toEqual([
      'entra: Team gains pay-prod/readonly',
      'entra: Team gains pay-prod/admin',
      'entra: Team gains pay-dev/admin',
    ])
  })

  it('ends with 11 when only a cannot went', async () => {
    const tests = 'tests: [{ as: { idp: entra, groups: [X] }, cannot: [pay-prod/admin] }]\n'
    const { report, out } = await comparing(`${A_FILE}${tests}`, A_FILE)
    expect(report.exit).toBe(11)
    expect(out).toContain('tests\n  - entra: X cannot pay-prod/admin\n')
  })

  it.each([
    ['ip: 192.0.2.1', 'from 192.0.2.1'],
    ['mfa: false', 'without mfa'],
    ['mfa: 5m', 'mfa 5m ago'],
    ['reason: false', 'without a reason'],
    ['reason: a try', 'for the reason "a try"'],
    ['at: 2026-03-02T08:00:00Z', 'at 2026-03-02T08:00:00.000Z'],
  ])('ends with 11 when a cannot says less of how they ask: %s (threats.md R14)', async (said, shown) => {
    const asks = (more: string) =>
      `${A_FILE}tests: [{ as: { idp: entra, groups: [X]${more} }, cannot: [pay-prod/admin] }]\n`
    const { report, out } = await comparing(asks(`, ${said}`), asks(''))
    expect(report.exit).toBe(11)
    expect(out).toContain(`  + entra: X cannot pay-prod/admin\n  - entra: X; ${shown} cannot pay-prod/admin\n`)
  })

  it.each([
    [11, 'sts: { default: { audience: other } }', '~ sts.default audience: sts.amazonaws.com -> other'],
    [11, 'sessions: { claims_max_age: { default: 2h } }', '~ sessions.claims_max_age default: '],
    [11, 'sessions: { cli: { device: { except: [pay-dev] } } }', '~ sessions.cli.device except: '],
    [11, 'sessions: { cli: { device: { console: false } } }', '~ sessions.cli.device console: '],
    [10, 'sessions: { browser: { absolute: 8h } }', '~ sessions.browser absolute_seconds: '],
    [10, 'sessions: { cli: { access: 30m } }', '~ sessions.cli access_seconds: '],
    [10, 'networks: { office: [203.0.113.0/24] }', '~ networks office: (nothing) -> ["203.0.113.0/24"]'],
  ])('ends with %i for a setting that decides: %s', async (exit, line, shown) => {
    const { report, out } = await comparing(A_FILE, `${A_FILE}${line}\n`)
    expect(out).toContain(shown)
    expect(report.exit).toBe(exit)
  })

  it('ends with 11 when others are asked for addresses, and when AWS is asked elsewhere (threats.md R14)', async () => {
    const proxied = changed(['aws.example.com', 'aws.example.com\n  trusted_proxies: [10.1.2.0/24]'])
    expect((await comparing(A_FILE, proxied)).report.diff?.concerns).toEqual([
      'server is set otherwise: trusted_proxies',
    ])
    const endpoint = 'sts: { default: { endpoint: https://sts.eu-central-1.amazonaws.com } }\n'
    expect((await comparing(A_FILE, `${A_FILE}${endpoint}`)).report.diff?.concerns).toEqual([
      'sts.default is set otherwise: endpoint',
    ])
  })

  it('ends with 11 when people are named otherwise: whose yes counts hangs on it (threats.md I1, I3)', async () => {
    const withKeys = (keys: string) => changed(['groups: { claim: groups }', `groups: { claim: groups }\n${keys}`])
    const domains = withKeys('    username_domains: [example.com]')
    const { report, out } = await comparing(domains, A_FILE)
    expect(report.exit).toBe(11)
    expect(out).toContain('~ entra username_domains: ["example.com"] -> (nothing)')
    expect(report.diff?.concerns).toEqual(['entra names its people otherwise: username_domains'])
    const both = withKeys('    username: claims.upn\n    person_key: claims.employee_id\n    subject: claims.oid')
    expect((await comparing(A_FILE, both)).report.diff?.concerns).toEqual([
      'entra takes other people’s word: subject',
      'entra names its people otherwise: username, person_key',
    ])
  })

  it('names an IdP whose people are others now, and shows no secret of it', async () => {
    const inline = changed(['client_secret_env: IDP_SECRET', 'client_secret: hush-one'])
    const { report, out } = await comparing(
      inline,
      inline.replace('hush-one', 'hush-two').replace('https://idp.example.com', 'https://idp.example.org'),
    )
    expect(report.exit).toBe(11)
    expect(out).toContain('~ entra issuer: https://idp.example.com -> https://idp.example.org')
    expect(JSON.stringify(report)).not.toContain('hush')
  })

  it('says the faults of both files, and compares nothing then', async () => {
    const { report, err } = await comparing(changed(['type: oidc', 'type: odic']), A_FILE)
    expect([report.exit, report.diff]).toEqual([3, undefined])
    expect(err).toContain('before.yaml:6:11')
  })

  it('lets no name steer the terminal (threats.md H10)', async () => {
    const { out } = await comparing(A_FILE, changed(['group: Team', 'group: "Team\\e[2J\\u202e"']))
    expect(out).toContain('entra: Team\\u001b[2J\\u202e')
  })

  it('keeps long lists short, and has all of them in JSON', async () => {
    const many = Array.from({ length: 40 }, (_, n) => `  many-${n}: { id: "${String(n).padStart(12, '9')}" }\n`)
    const groups = Array.from({ length: 40 }, (_, n) => `many-${n}`).join(', ')
    const file = changed(
      ['roles:\n', `${many.join('')}roles:\n`],
      [
        'store:',
        `  - { id: many, match: { idp: entra, group: Many }, grant: { accounts: [${groups}], roles: readonly } }\nstore:`,
      ],
    )
    const { report, out } = await comparing(A_FILE, file)
    expect(out).toContain('  … and 20 more; --json has them all')
    expect(report.diff?.access.find(({ who }) => who === 'entra: Many')?.gains).toHaveLength(40)
  })
})

describe('check-config --diff --people', () => {
  const seen = (username: string, groups: readonly string[], more: object = {}) =>
    `${JSON.stringify({
      stream: 'audit',
      time: '2026-11-20T09:00:00.000Z',
      event: 'decision',
      idp: 'entra',
      issuer: 'https://idp.example.com',
      subject: `sub-${username}`,
      username,
      groups_count: groups.length,
      groups,
      ...more,
    })}\n`

  it('says who of those the audit log has seen gains and loses what, by their last groups', async () => {
    const log = aFolder({
      'audit.jsonl': [
        seen('alice', ['Team']),
        seen('bob', ['Team']),
        seen('bob', ['Other'], { time: '2026-11-21T09:00:00.000Z' }),
        '{"stream":"log","msg":"decision"}\n',
        'torn {"event":"decision"\n',
        seen('carol', ['Team'], { groups_count: 300 }),
      ].join(''),
    })
    const people = await peopleIn(log('audit.jsonl'))
    const { report, out } = await comparing(DEV_ONLY, A_FILE, { people })
    expect(report.diff?.people).toMatchObject({ seen: 3, cut: 1 })
    expect(out).toContain('people: 2 of the 3 that were seen\n')
    expect(out).toContain('  alice (entra, seen 2026-11-20): +pay-prod/readonly +pay-prod/admin +pay-dev/admin\n')
    expect(out).toContain('of 1 people the log holds a part of their groups only')
    expect(report.diff?.concerns).toContain('alice (entra) gains pay-prod/admin')
    expect(out).not.toContain('bob')
  })

  it('finds them in several files, plain and gzipped, whichever is named first', async () => {
    const at = aFolder({ 'audit.jsonl': seen('bob', ['Other'], { time: '2026-11-21T09:00:00.000Z' }), 'new.jsonl': '' })
    writeFileSync(at('audit.jsonl.1'), seen('alice', ['Team']))
    writeFileSync(at('audit.jsonl.2.gz'), gzipSync(seen('bob', ['Team']) + seen('carol', ['Team'])))
    const files = ['audit.jsonl', 'new.jsonl', 'audit.jsonl.1', 'audit.jsonl.2.gz'].map(at)
    for (const inOrder of [files, files.toReversed()]) {
      const people = await peopleIn(...inOrder)
      expect(people.map(({ username, groups }) => `${username} ${groups.join()}`).toSorted()).toEqual([
        'alice Team',
        'bob Other',
        'carol Team',
      ])
    }
  })

  it('takes no other file for an audit log: it would say that nobody loses anything', async () => {
    const at = aFolder({ 'a.yaml': A_FILE, 'log.jsonl': '{"stream":"log","message":"decision"}\n' })
    writeFileSync(at('audit.jsonl.zst'), Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x0a]))
    writeFileSync(at('torn.gz'), gzipSync(seen('bob', ['Team'])).subarray(0, 40))
    for (const [name, says] of [
      ['a.yaml', 'holds no record of an audit log'],
      ['log.jsonl', 'holds no record of an audit log'],
      ['audit.jsonl.zst', 'unpack it first'],
      ['torn.gz', 'cannot be read (Z_BUF_ERROR)'],
    ] as const)
      await expect(peopleIn(at(name))).rejects.toThrow(says)
  })

  it('says it when none of them gains or loses anything, and of how many', async () => {
    const log = aFolder({ 'audit.jsonl': seen('erin', ['Other']) })
    const { out } = await comparing(DEV_ONLY, A_FILE, { people: await peopleIn(log('audit.jsonl')) })
    expect(out).toContain('\npeople: none of the 1 that were seen gains or loses a role\n')
    const { out: same } = await comparing(A_FILE, A_FILE, { people: [] })
    expect(same).toMatch(/nothing differs from before\.yaml\n$/)
  })

  it('says it of people whom no one group would explain', async () => {
    const rule = (text: string) => A_FILE.replace('store:', `  - ${text}\nstore:`)
    const deny = rule('{ id: no, match: { idp: entra, group: Out }, deny: { accounts: "*" } }')
    const log = aFolder({ 'audit.jsonl': seen('dave', ['Team', 'Out']) })
    const { report } = await comparing(deny, A_FILE, { people: await peopleIn(log('audit.jsonl')) })
    expect(report.diff?.access).toEqual([])
    expect(report.diff?.people?.changed[0]?.gains.map(({ role }) => role)).toContain('pay-prod/admin')
  })
})

describe('check-config --people', () => {
  const seen = (username: string, groups: readonly string[], cut = 0): SeenPerson => ({
    idp: 'entra',
    issuer: 'https://idp.example.com',
    subject: username,
    username,
    groups,
    cut: cut > 0,
    seenAt: '2026-11-20T09:00:00.000Z',
  })
  const rules = `${A_FILE}${PINNED}`.replace(
    'store:',
    `  - { id: no, match: { group: Out }, deny: { accounts: "*" } }
  - { id: other, match: { idp: entra, any_of: [Team, Gone] }, grant: { accounts: pay-dev, roles: readonly } }
store:`,
  )

  it('tells of groups of the rules that nobody is in, and louder of those that deny (threats.md I4)', async () => {
    const at = aFolder({ 'a.yaml': rules })
    const told = async (people: NonNullable<Options['people']>) =>
      (await check(at('a.yaml'), { people })).warnings.map(({ line, message }) => `${line} ${message}`)
    expect(await told([seen('alice', ['Team'])])).toEqual([
      expect.stringMatching(/^21 NOBODY the audit log has seen is in "Out", .* \[deny-never-seen\]$/),
      '22 nobody the audit log has seen is in "Gone" [group-never-seen]',
    ])
    expect(await told([seen('alice', ['Team', 'Gone']), seen('bob', ['Out'])])).toEqual([])
  })

  it('says nothing of who is not known: no people, people with a part of their groups, another IdP’s', async () => {
    const at = aFolder({ 'a.yaml': rules })
    for (const people of [[], [seen('alice', ['Team'], 300)]])
      expect((await check(at('a.yaml'), { people })).warnings).toEqual([])
    const elsewhere = await check(at('a.yaml'), { people: [{ ...seen('eve', ['x']), idp: 'okta' }] })
    expect(elsewhere.warnings.map(({ line }) => line)).toEqual([21])
  })

  it('lets what is accepted by name pass with --strict', async () => {
    const at = aFolder({ 'a.yaml': rules })
    const options = { people: [seen('alice', ['Team', 'Gone'])], strict: true }
    expect((await check(at('a.yaml'), options)).exit).toBe(3)
    expect((await check(at('a.yaml'), { ...options, accept: ['group-never-seen'] })).exit).toBe(3)
    expect((await check(at('a.yaml'), { ...options, accept: ['deny-never-seen'] })).exit).toBe(0)
  })
})

describe('check-config --online', () => {
  it('prints what was asked, and ends with 3 when somebody is not who the file says', async () => {
    const at = aFolder({ 'a.yaml': `${A_FILE}${PINNED}` })
    const answering = (state: 'ok' | 'fail') => ({
      online: () => Promise.resolve([{ check: 'IdP entra', state, says: 'says who it is' }]),
    })
    const [well, badly] = [await check(at('a.yaml'), answering('ok')), await check(at('a.yaml'), answering('fail'))]
    expect([well.exit, badly.exit, badly.online]).toEqual([
      0,
      3,
      [{ check: 'IdP entra', state: 'fail', says: 'says who it is' }],
    ])
    expect(printReport(well).out).toContain('✓ IdP entra: says who it is\n')
    expect(printReport(badly)).toEqual({
      out: '✗ IdP entra: says who it is\n',
      err: 'error: not everybody answered as the file says\n',
    })
  })

  it('asks nobody about a file that does not load', async () => {
    const at = aFolder({ 'a.yaml': changed(['version: 1', 'version: 2']) })
    const asked = () => Promise.reject(new Error('was asked'))
    expect((await check(at('a.yaml'), { online: asked })).exit).toBe(3)
  })
})

describe('check-config --diff, of groups with friendly names', () => {
  const [A, B] = ['11111111-aaaa-4aaa-8aaa-111111111111', '22222222-aaaa-4aaa-8aaa-222222222222']

  it('compares ids, and says names: an exchange of two names is no small thing (threats.md R6)', async () => {
    const text = (names: string) =>
      A_FILE.replace('groups: { claim: groups }', `groups: { claim: groups, kind: id, names_file: ${names} }`)
    const at = aFolder({
      'a.yaml': text('a-names.yaml'),
      'a-names.yaml': `${A}: Team\n${B}: Interns\n`,
      'b.yaml': text('b-names.yaml'),
      'b-names.yaml': `${A}: Interns\n${B}: Team\n`,
    })
    const report = await check(at('b.yaml'), { against: at('a.yaml') })
    const { out } = printReport(report)
    expect(report.exit).toBe(11)
    expect(report.diff?.groupNames).toEqual({ [A]: 'Interns', [B]: 'Team' })
    expect(out).toContain(`entra: ${B} (Team)\n  + pay-prod/readonly`)
    expect(out).toContain(`entra: ${A} (Interns)\n  - pay-prod/readonly`)
  })
})

describe('docs/reference/check-config.md', () => {
  const page = readFileSync(new URL('../../docs/reference/check-config.md', import.meta.url), 'utf8')

  it('has every option of the usage, and every exit code', () => {
    const options = [...USAGE.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option)
    expect([...page.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, option]) => option)).toEqual(options)
    const exits = [...page.matchAll(/^\| (\d+) /gm)].map(([, exit]) => Number(exit))
    expect(exits).toEqual([0, 2, ...Object.values(EXIT)])
  })

  it('shows JSON of the keys there are', async () => {
    const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as Report
    const { report } = await comparing(DEV_ONLY, A_FILE, { people: [] })
    expect(Object.keys(shown)).toEqual(Object.keys(report))
    expect(Object.keys(shown.diff ?? {}).toSorted()).toEqual(Object.keys(report.diff ?? {}).toSorted())
    expect(Object.keys(shown.diff?.access[0] ?? {})).toEqual(Object.keys(report.diff?.access[0] ?? {}))
    expect(Object.keys(shown.config ?? {})).toEqual(Object.keys(report.config ?? {}))
  })
})
