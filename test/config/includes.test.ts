import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readDocument } from '../../src/config/document.ts'
import { MOST_TOKENS } from '../../src/config/yaml-size.ts'
import { readIncluded } from '../../src/config/includes.ts'
import { loadConfig, printFaults } from '../../src/config/load.ts'
import { openPolicyFiles } from '../../src/config/policy-files.ts'
import { ConfigFile } from '../../src/config/schema.ts'
import { ConfigFaults } from '../../src/config/faults.ts'
import { diskWorld } from '../../src/program/read-config.ts'
import { A_FILE, aWorld, changed, faultsIn, faultsOf, load } from './a-file.ts'

const TWO_IDPS = changed([
  'accounts:\n',
  `  - id: partner
    type: oidc
    issuer: https://partner.example.com
    client_id: rolegate
    client_secret_env: IDP_SECRET
    groups: { claim: groups }
workloads:
  - { id: builds, issuer: "https://ci.example.com", require: { project: "74" } }
accounts:
`,
])

/** A file whose includes may speak of pay-dev and readonly, to entra's people. */
const including = (files: string, within = 'idps: [entra], accounts: [pay-dev], roles: [readonly]', text = TWO_IDPS) =>
  `${text}include:\n  - files: ${files}\n    within: { ${within} }\n`

const rule = (id: string, body: string) => `rules:\n  - id: ${id}\n${body.replace(/^/gm, '    ')}\n`
const A_RULE = rule('team-x', 'match: { idp: entra, group: Team-X }\ngrant: { accounts: [pay-dev], roles: [readonly] }')

const withFiles = (files: Record<string, string | Uint8Array>) =>
  aWorld({ files: Object.fromEntries(Object.entries(files).map(([name, text]) => [`/etc/rolegate/${name}`, text])) })

const faults = (included: string, within?: string) =>
  faultsOf(including('rules/x.yaml', within), withFiles({ 'rules/x.yaml': included }))

describe('include', () => {
  it('takes rules after those of the main file, file by file in the order of their bytes, entry by entry', () => {
    const text = `${including('[rules/b*.yaml, rules/*.yaml]')}  - files: more/z.yaml
    within: { idps: [entra], accounts: [pay-dev], roles: [readonly] }
`
    const named = (id: string) => A_RULE.replace('team-x', id)
    const world = withFiles({
      'rules/ä.yaml': named('r4'),
      'rules/b.yaml': named('r1'),
      'rules/B.yaml': named('r2'),
      'rules/a.yaml': named('r3'),
      'rules/.hidden.yaml': 'no: rules',
      'rules/notes.txt': 'no: rules',
      'more/z.yaml': named('r5'),
    })
    const { config } = load(text, world)
    expect(config.mapping.rules.map(({ id }) => id)).toEqual(['team', 'r1', 'r2', 'r3', 'r4', 'r5'])
  })

  it('reads their tests too, and says of a wrong answer where it stands', () => {
    const wrong = `${A_RULE}tests:\n  - as: { idp: entra, groups: [Team-X] }\n    can: [pay-dev/readonly]\n    cannot: [pay-dev/readonly]\n`
    expect(faults(wrong)).toEqual([
      'rules/x.yaml:8:14  tests[0].cannot[0]: pay-dev/readonly is open to this person by rule team-x',
    ])
  })

  it('is part of the hash and of what is to be watched', () => {
    const one = load(including('rules/*.yaml'), withFiles({ 'rules/x.yaml': A_RULE }))
    const other = load(including('rules/*.yaml'), withFiles({ 'rules/x.yaml': `${A_RULE}# seen\n` }))
    const renamed = load(including('rules/*.yaml'), withFiles({ 'rules/y.yaml': A_RULE }))
    expect(new Set([one.hash, other.hash, renamed.hash]).size).toBe(3)
    expect(one.files).toEqual(['/etc/rolegate/rolegate.yaml', '/etc/rolegate/rules/x.yaml'])
  })

  it('loads a thousand files, and looks at each as often as at one of a hundred', () => {
    const looksAt = (count: number): number => {
      const files = Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `rules/t${index}.yaml`,
          A_RULE.replace('team-x', `team-${index}`),
        ]),
      )
      let looks = 0
      const counted = Object.fromEntries(
        Object.entries(withFiles(files)).map(([name, does]) => [
          name,
          typeof does !== 'function'
            ? does
            : (...asked: never[]): unknown => {
                looks += 1
                return (does as (...asked: never[]) => unknown)(...asked)
              },
        ]),
      ) as ReturnType<typeof aWorld>
      expect(load(including('rules/*.yaml'), counted).config.mapping.rules).toHaveLength(count + 1)
      return looks
    }
    const [ten, hundred, thousand] = [looksAt(10), looksAt(100), looksAt(1000)]
    expect(thousand - hundred).toBe((hundred - ten) * 10)
  })
})

describe('docs/how-to/rules-of-teams.md', () => {
  const blocks = [
    ...readFileSync('docs/how-to/rules-of-teams.md', 'utf8').matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g),
  ].map(([, name, text]) => [name ?? '', text ?? ''] as const)
  const [[, includes] = ['', ''], [, theirs] = ['', '']] = blocks
  const text = `${changed(
    ['pay-prod: {', 'lake: { id: "333333333333", tags: [data] }\n  payments-prod: {'],
    ['pay-dev: {', 'payments-dev: {'],
    ['readonly: {', 'dev: { role_name: Dev }\n  readonly: {'],
    ['accounts: [pay-prod, pay-dev]', 'accounts: [payments-prod]'],
  )}${includes}`
  const world = (rules: string) => withFiles({ [blocks[1]?.[0] ?? '']: rules, 'rules/data/x.yaml': 'rules: []\n' })

  it('shows files that load', () => {
    expect(blocks.map(([name]) => name)).toEqual(['rolegate.yaml', 'rules/payments/on-call.yaml'])
    expect(faultsOf(text, world(theirs))).toEqual([])
  })

  it('shows what a team is told that grants itself more', () => {
    const told = /```\n(rules\/.*)\n```/.exec(readFileSync('docs/how-to/rules-of-teams.md', 'utf8'))?.[1]
    expect(faultsOf(text, world(theirs.replace('roles: dev', 'roles: [dev, admin]')))).toEqual([told])
  })
})

describe('what include names (threats.md R7)', () => {
  it.each([
    ['rules/*.yml', 'include[0].files: matches no file; take it out if none is meant'],
    ['rule/*.yaml', 'include[0].files: there is no /etc/rolegate/rule'],
    ['[rules/*.yml]', 'include[0].files[0]: matches no file; take it out if none is meant'],
    ['/etc/rolegate/rules/x.yaml', 'include[0].files: must be a path from this file, as in rules/*.yaml'],
    ['"*/x.yaml"', 'include[0].files: "*" stands in the last part of a path only; name each folder'],
    ['rules/**', 'include[0].files: "*" stands in the last part of a path only; name each folder'],
    ['rolegate.yaml', 'include[0].files: means this file itself'],
    ['rules/../rolegate.yaml', 'include[0].files: means this file itself'],
  ])('refuses %s', (written, message) => {
    const found = faultsOf(including(written), withFiles({ 'rules/x.yaml': A_RULE }))
    expect(found).toHaveLength(1)
    expect(found[0]?.replace(/^\d+:\d+ {2}/, '')).toBe(message)
  })

  it('refuses a file that is not there, at the file', () => {
    expect(faultsOf(including('rules/y.yaml'), withFiles({}))).toEqual([
      'rules/y.yaml:1:1  there is no /etc/rolegate/rules/y.yaml',
    ])
  })

  it('refuses a file under two fences, and takes one that two patterns of one entry mean once', () => {
    const world = withFiles({ 'rules/x.yaml': A_RULE })
    const twice = `${including('rules/x.yaml')}  - files: rules/*.yaml\n    within: { idps: [], accounts: "*", roles: "*" }\n`
    expect(faultsOf(twice, world)).toEqual([
      expect.stringContaining('include[1].files: "rules/x.yaml" is included by include[0] too: which fence is its?'),
    ])
    expect(load(including('[rules/x.yaml, rules/*.yaml]'), world).config.mapping.rules).toHaveLength(2)
  })

  it.each([
    ['rules: []\ninclude: []', 'x.yaml:2:1  include: does not stand in an included file: it holds rules and tests'],
    ['accounts: {}', 'x.yaml:1:1  accounts: does not stand in an included file: it holds rules and tests'],
    ['version: 1', 'x.yaml:1:1  version: does not stand in an included file: it holds rules and tests'],
    ['rulez: []', 'x.yaml:1:1  rulez: unknown key; did you mean "rules"?'],
    ['', 'x.yaml:1:1  the file is empty'],
    ['# nothing yet\n', 'x.yaml:1:1  the file is empty'],
    ['rules: [', 'x.yaml:1:9  '],
    ['rules:\n\t- id: x', 'x.yaml:2:1  '],
    ['rules: []\nrules: []', 'x.yaml:2:1  the key "rules" stands twice in one mapping'],
    ['rules: [*all]', 'x.yaml:1:9  no anchor "&all" stands before this alias'],
    ['['.repeat(50), 'x.yaml:1:1  the nesting is too deep here'],
    [A_RULE.replace('group:', 'gruop:'), 'rules[0].match.gruop: unknown key; did you mean "group"?'],
    [`\uFEFF${A_RULE.replace('group:', 'gruop:').replaceAll('\n', '\r\n')}`, 'x.yaml:3:26  rules[0].match.gruop: '],
  ])('refuses a file that holds %j', (text, message) => {
    const found = faults(text)
    expect(found[0]).toContain(`rules/`)
    expect(found[0]).toContain(message)
  })

  it('says what is wrong in all files at once', () => {
    const world = withFiles({ 'rules/a.yaml': 'idps: []', 'rules/b.yaml': 'rules: 1' })
    expect(faultsOf(including('rules/*.yaml'), world)).toEqual([
      'rules/a.yaml:1:1  idps: does not stand in an included file: it holds rules and tests',
      'rules/b.yaml:1:8  rules: must be a list',
    ])
  })

  it('prints a file as it is found from where the reader stands', () => {
    const world = withFiles({ 'rules/a.yaml': 'idps: []' })
    try {
      load(including('rules/*.yaml'), world)
      expect.unreachable()
    } catch (thrown) {
      expect(thrown).toMatchObject({ values: { faults: [expect.stringMatching(/^rules\/a\.yaml:1:1 {2}idps: /)] } })
      expect(thrown instanceof ConfigFaults && printFaults('config/rolegate.yaml', thrown.faults)).toMatch(
        /^config\/rules\/a\.yaml:1:1 {2}idps: /,
      )
    }
  })

  it('gives an id to one rule only, whatever its file', () => {
    const world = withFiles({
      'rules/a.yaml': A_RULE,
      'rules/b.yaml': A_RULE,
      'rules/c.yaml': A_RULE.replace('team-x', 'team'),
    })
    expect(faultsOf(including('rules/*.yaml'), world)).toEqual([
      'rules/b.yaml:2:9  rules[0].id: "team-x" is the id of rules[0] in rules/a.yaml too',
      'rules/c.yaml:2:9  rules[0].id: "team" is the id of rules[0] in rolegate.yaml too',
    ])
  })
})

describe('the fence of an include (threats.md R7)', () => {
  const OUTSIDE = 'outside the fence of this file'

  it.each([
    [
      'an account it does not hold',
      'match: { idp: entra, group: G }\ngrant: { accounts: [pay-dev, pay-prod], roles: [readonly] }',
      [`4:24  rules[0].grant.accounts: reaches ${OUTSIDE}: pay-prod`],
    ],
    [
      'every account, by "*"',
      'match: { idp: entra, group: G }\ngrant: { accounts: "*", roles: readonly, wildcard: true }',
      [`4:24  rules[0].grant.accounts: reaches ${OUTSIDE}: pay-prod`],
    ],
    [
      'an account by its environment',
      'match: { idp: entra, group: G }\ngrant: { accounts: "env:prod", roles: readonly }',
      [`4:24  rules[0].grant.accounts: reaches ${OUTSIDE}: pay-prod`],
    ],
    [
      'an account by its tag, and a role',
      'match: { idp: entra, group: G }\ngrant: { accounts: "tag:pci", roles: [admin, readonly] }',
      [
        `4:24  rules[0].grant.accounts: reaches ${OUTSIDE}: pay-prod`,
        `4:42  rules[0].grant.roles: reaches ${OUTSIDE}: admin`,
      ],
    ],
    [
      'another IdP',
      'match: { idp: partner, group: G }\ngrant: { accounts: pay-dev, roles: readonly }',
      [`3:19  rules[0].match.idp: "partner" is ${OUTSIDE}: it may speak of entra`],
    ],
    [
      'jobs',
      'match: { workload: builds }\ngrant: { accounts: pay-dev, roles: readonly }',
      [`3:24  rules[0].match.workload: "builds" is ${OUTSIDE}: it may speak of none`],
    ],
    [
      'everybody, by a deny that names no IdP',
      'match: { group: G }\ndeny: { accounts: pay-dev, roles: readonly }',
      [`3:12  rules[0].match: names no IdP, so it meets everybody: ${OUTSIDE}: it may speak of entra`],
    ],
    [
      'all roles, by a deny that names none',
      'match: { idp: entra, group: G }\ndeny: { accounts: pay-dev }',
      [`4:11  rules[0].deny.roles: reaches ${OUTSIDE}: admin`],
    ],
    [
      'somebody else’s account, by a deny',
      'match: { idp: entra, everyone: true }\ndeny: { accounts: "*", roles: readonly }',
      [`4:23  rules[0].deny.accounts: reaches ${OUTSIDE}: pay-prod`],
    ],
    [
      'what its own fence holds, by a pattern',
      'match: { idp: entra, pattern: "^aws-(?P<account>[a-z-]+)$" }\ngrant: { accounts: "${account}", roles: readonly }\nwithin: { accounts: "env:prod", roles: [readonly, admin] }',
      [`5:25  rules[0].within.accounts: reaches ${OUTSIDE}: pay-prod`],
    ],
  ])('refuses a rule that reaches %s', (_, body, expected) => {
    expect(faults(rule('r', body))).toEqual(expected.map((fault) => `rules/x.yaml:${fault}`))
  })

  it('refuses a deny of a role whose variant it does not hold: the deny closes that too (threats.md R2)', () => {
    const text = (roles: string) =>
      including(
        'rules/x.yaml',
        `idps: [entra], accounts: pay-dev, roles: ${roles}`,
        TWO_IDPS.replace('roles:\n', 'roles:\n  look: { role_name: ReadOnly, variant_of: readonly }\n'),
      )
    const no = rule('r', 'match: { idp: entra, group: G }\ndeny: { accounts: pay-dev, roles: readonly }')
    const yes = rule('r', 'match: { idp: entra, group: G }\ngrant: { accounts: pay-dev, roles: readonly }')
    expect(faultsOf(text('readonly'), withFiles({ 'rules/x.yaml': no }))).toEqual([
      `rules/x.yaml:4:39  rules[0].deny.roles: reaches ${OUTSIDE}: look`,
    ])
    expect(faultsOf(text('[readonly, look]'), withFiles({ 'rules/x.yaml': no }))).toEqual([])
    expect(faultsOf(text('readonly'), withFiles({ 'rules/x.yaml': yes }))).toEqual([])
  })

  it('measures a pattern by what it can really open', () => {
    const body =
      'match: { idp: entra, pattern: "^aws-(?P<account>[a-z-]+)$" }\ngrant: { accounts: "${account}", roles: readonly }\nwithin: { accounts: pay-dev, roles: [readonly, admin] }'
    expect(faults(rule('r', body))).toEqual([])
  })

  it('lets jobs in where it names their workload', () => {
    const body = 'match: { workload: builds }\ngrant: { accounts: pay-dev, roles: readonly }'
    expect(faults(rule('r', body), 'idps: [], workloads: [builds], accounts: pay-dev, roles: readonly')).toEqual([])
  })

  it('does not bind the main file, nor the entry beside it', () => {
    const text = `${including('rules/x.yaml')}  - files: rules/y.yaml
    within: { idps: [partner], accounts: [pay-prod], roles: [admin] }
`
    const admins = rule('y', 'match: { idp: partner, group: G }\ngrant: { accounts: pay-prod, roles: admin }')
    expect(faultsOf(text, withFiles({ 'rules/x.yaml': A_RULE, 'rules/y.yaml': admins }))).toEqual([])
    expect(faultsOf(text, withFiles({ 'rules/y.yaml': A_RULE, 'rules/x.yaml': admins })).length).toBe(6)
  })

  it('lets nothing through that reaches outside, and refuses nothing that does not', () => {
    const accounts = fc.constantFrom(
      'pay-dev',
      'pay-prod',
      'env:dev',
      'env:prod',
      'tag:pci',
      '*',
      '[pay-dev, pay-prod]',
    )
    const roles = fc.constantFrom('readonly', 'admin', '[readonly, admin]', '*', undefined)
    const idps = fc.constantFrom('entra', 'partner', undefined)
    fc.assert(
      fc.property(fc.constantFrom('grant', 'deny'), accounts, roles, idps, (effect, where, what, idp) => {
        fc.pre(effect === 'deny' || (what !== undefined && idp !== undefined))
        const quoted = (text: string) => (text.startsWith('[') ? text : `"${text}"`)
        const selected = `accounts: ${quoted(where)}${what === undefined ? '' : `, roles: ${quoted(what)}`}`
        const text = `match: { ${idp === undefined ? '' : `idp: ${idp}, `}group: G }\n${effect}: { ${selected}${effect === 'grant' ? ', wildcard: true' : ''} }`
        const isInside = idp === 'entra' && ['pay-dev', 'env:dev'].includes(where) && what === 'readonly'
        expect(faults(rule('r', text)).length === 0).toBe(isInside)
      }),
      { numRuns: 200 },
    )
  })

  it('names a few of many', () => {
    const many = Array.from({ length: 9 }, (_, index) => `  a${index}: { id: "00000000000${index}", env: test }\n`)
    const text = including('rules/x.yaml', undefined, TWO_IDPS.replace('roles:\n', `${many.join('')}roles:\n`))
    const world = withFiles({
      'rules/x.yaml': rule('r', 'match: { idp: entra, group: G }\ngrant: { accounts: "env:test", roles: readonly }'),
    })
    expect(faultsOf(text, world)[0]).toMatch(/: a0, a1, a2, a3, a4 and 4 more$/)
  })

  it.each([
    ['idps: [entar], accounts: pay-dev, roles: readonly', 'within.idps[0]: unknown IdP "entar"; did you mean "entra"?'],
    [
      'idps: [], workloads: [build], accounts: pay-dev, roles: readonly',
      'within.workloads[0]: unknown workload "build"',
    ],
    [
      'idps: [], accounts: "env:deb", roles: readonly',
      'within.accounts: selects nothing: no account has the env "deb"',
    ],
    ['idps: [], accounts: pay-dev, roles: [reader]', 'within.roles[0]: unknown role "reader"'],
    ['idps: [], accounts: pay-dev', 'within.roles: is missing'],
    ['accounts: pay-dev, roles: readonly', 'within.idps: is missing'],
  ])('is checked itself: %s', (within, message) => {
    expect(faultsOf(including('rules/x.yaml', within), withFiles({ 'rules/x.yaml': 'rules: []' }))).toEqual([
      expect.stringContaining(`include[0].${message}`),
    ])
  })

  it('is no choice', () => {
    expect(faultsOf(`${A_FILE}include: [{ files: rules/x.yaml }]\n`)).toEqual([
      expect.stringContaining('include[0].within: is missing'),
    ])
  })
})

describe('a policy beyond reason (security.md M-15)', () => {
  it('is refused by its size, all files together', () => {
    const filler = `# ${'x'.repeat(6 * 2 ** 20)}\nrules: []\n`
    const files = Object.fromEntries(['a', 'b', 'c'].map((name) => [`rules/${name}.yaml`, filler]))
    expect(faultsOf(including('rules/*.yaml'), withFiles(files))).toEqual([
      'rules/c.yaml:1:1  makes the policy larger than 16 MiB, all files together',
    ])
  })

  it('is refused by how much there is to read, however few bytes that takes', () => {
    expect(faultsOf('\n'.repeat(3_000_001))).toEqual([
      '1:1  holds more than is read: 3,000,000 words, signs and spaces of YAML, which are some 45,000 rules',
    ])
  }, 30_000)

  it('is refused by that of all files together', () => {
    const document = readDocument(including('rules/*.yaml'))
    const content = ConfigFile.parse(document.value)
    const world = withFiles({ 'rules/a.yaml': A_RULE, 'rules/b.yaml': A_RULE, 'rules/c.yaml': A_RULE })
    const read = (tokens: number) =>
      readIncluded({ content, document: { tokens } }, openPolicyFiles(world), world, {
        fault: () => undefined,
        warn: () => undefined,
        nameOf: String,
      })
    const one = readDocument(A_RULE).tokens
    expect(read(MOST_TOKENS - 3 * one)).toMatchObject({ faults: [], included: { length: 3 } })
    expect(read(MOST_TOKENS - 2 * one + 1).faults).toEqual([
      {
        file: 'rules/b.yaml',
        line: 1,
        column: 1,
        path: '',
        message: expect.stringContaining('makes the policy more than is read, all files together'),
      },
    ])
  })

  it('is refused by the number of its files', () => {
    const world = withFiles({ 'rules/x.yaml': A_RULE })
    const listFolder = () => Array.from({ length: 5001 }, (_, index) => `t${index}.yaml`)
    expect(faultsOf(including('rules/*.yaml'), { ...world, listFolder })).toEqual([
      expect.stringContaining('include[0].files: matches 5001 files; 5000 at most'),
    ])
  })
})

describe('on a real disk', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'rolegate-includes-')))
  afterAll(() => rmSync(root, { recursive: true }))

  /** A configuration folder with a file beside it that nobody reviewed. */
  function aFolder(name: string) {
    const folder = join(root, name, 'config')
    mkdirSync(join(folder, 'rules'), { recursive: true })
    mkdirSync(join(root, name, 'elsewhere'))
    writeFileSync(join(folder, 'rolegate.yaml'), including('rules/*.yaml'), { mode: 0o644 })
    writeFileSync(join(root, name, 'elsewhere', 'x.yaml'), A_RULE, { mode: 0o644 })
    const world = {
      ...diskWorld(join(folder, 'rolegate.yaml')),
      env: aWorld().env,
      insecureDev: false,
      purpose: 'serve' as const,
    }
    return { folder, elsewhere: join(root, name, 'elsewhere'), world }
  }

  it('follows no link out of the configuration folder', () => {
    const { folder, elsewhere, world } = aFolder('link')
    symlinkSync(join(elsewhere, 'x.yaml'), join(folder, 'rules', 'x.yaml'))
    expect(faultsIn(world)).toEqual(['rules/x.yaml:1:1  leads out of the configuration folder'])
  })

  it('follows no linked folder out of it', () => {
    const { folder, elsewhere, world } = aFolder('folder')
    rmSync(join(folder, 'rules'), { recursive: true })
    symlinkSync(elsewhere, join(folder, 'rules'))
    expect(faultsIn(world)).toEqual(['rules/x.yaml:1:1  leads out of the configuration folder'])
  })

  it('climbs no ".." out of it', () => {
    const { folder, world } = aFolder('dots')
    writeFileSync(join(folder, 'rolegate.yaml'), including('../elsewhere/*.yaml'))
    expect(faultsIn(world)).toEqual(['../elsewhere/x.yaml:1:1  leads out of the configuration folder'])
  })

  it('follows links inside it, as Kubernetes lays them', () => {
    const { folder, world } = aFolder('inside')
    mkdirSync(join(folder, 'rules', '..2026_1'))
    writeFileSync(join(folder, 'rules', '..2026_1', 'x.yaml'), A_RULE, { mode: 0o644 })
    symlinkSync('..2026_1', join(folder, 'rules', '..data'))
    symlinkSync('..data/x.yaml', join(folder, 'rules', 'x.yaml'))
    expect(loadConfig(world).files).toEqual([
      join(folder, 'rolegate.yaml'),
      join(folder, 'rules', '..2026_1', 'x.yaml'),
    ])
  })

  it('sees a file that comes while it reads (threats.md R9)', () => {
    const { folder, world } = aFolder('late')
    writeFileSync(join(folder, 'rules', 'a.yaml'), A_RULE, { mode: 0o644 })
    let listed = 0
    const listFolder = (path: string) => {
      const names = world.listFolder(path)
      if (listed++ === 0)
        writeFileSync(
          join(folder, 'rules', 'z.yaml'),
          rule('no', 'match: { idp: entra, group: Team-X }\ndeny: { accounts: pay-dev, roles: readonly }'),
          { mode: 0o644 },
        )
      return names
    }
    const { config } = loadConfig({ ...world, listFolder })
    expect(config.mapping.rules.map(({ id }) => id)).toEqual(['team', 'team-x', 'no'])
  })
})
