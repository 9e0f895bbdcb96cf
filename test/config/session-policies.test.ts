import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { diskWorld } from '../../src/program/read-config.ts'
import { A_FILE, aWorld, changed, faultsIn, faultsOf, load } from './a-file.ts'

const POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: ['iam:Put*', 'iam:Attach*'], Resource: '*' },
  ],
}
const FILE = '/etc/rolegate/policies/no-iam.json'
const worldWith = (text: string) => aWorld({ files: { [FILE]: text } })
const admin = (more: string) => changed(['elevated: true }', `elevated: true, ${more} }`])
const NARROWED = admin('session_policy_file: policies/no-iam.json')
const GRANT = 'roles: [readonly, admin] }'
const grant = (more: string) => changed([GRANT, `roles: [readonly, admin], ${more} }`])
const narrowedBy = (policy: object) => faultsOf(NARROWED, worldWith(JSON.stringify(policy)))

/** The place of `session_policy_file` in NARROWED, and of `policy_arns` on that role. */
const HERE = '16:72  roles.admin.session_policy_file: '
const OPENED = (partition: string) => `sts:\n  default: { partition: ${partition} }\n`

describe('a session policy', () => {
  it('is read, and sent without the white space it was written with', () => {
    const { config } = load(NARROWED, worldWith(JSON.stringify(POLICY, null, '\t')))
    const json = JSON.stringify(POLICY)
    const hash = createHash('sha256').update(json).digest('hex')
    expect(config.mapping.roles.get('admin')?.sessionPolicy).toEqual({ inline: { json, hash }, managed: [] })
    expect(config.mapping.roles.get('readonly')?.sessionPolicy).toBeUndefined()
  })

  it('is part of the policy that its hash names, and of what is watched', () => {
    const [one, other] = [JSON.stringify(POLICY), JSON.stringify(POLICY, null, 2)].map((text) =>
      load(NARROWED, worldWith(text)),
    )
    expect(one?.files).toEqual(['/etc/rolegate/rolegate.yaml', FILE])
    expect(one?.hash).not.toBe(other?.hash)
  })

  it('has the same hash in each copy of a release, wherever a link leads (threats.md R9)', () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'rolegate-releases-')))
    const hashes = ['1', '2'].map((release) => {
      const folder = join(root, 'rel', release)
      mkdirSync(join(folder, 'policies'), { recursive: true })
      writeFileSync(join(folder, 'rolegate.yaml'), NARROWED, { mode: 0o600 })
      writeFileSync(join(folder, 'policies', 'no-iam.json'), JSON.stringify(POLICY), { mode: 0o600 })
      const file = join(root, 'current', 'rolegate.yaml')
      rmSync(join(root, 'current'), { force: true })
      symlinkSync(folder, join(root, 'current'))
      const world = { ...aWorld(), ...diskWorld(file) }
      const loaded = loadConfig(world)
      expect(loaded.files).toEqual([join(folder, 'rolegate.yaml'), join(folder, 'policies', 'no-iam.json')])
      return loaded.hash
    })
    rmSync(root, { recursive: true })
    expect(hashes[0]).toBe(hashes[1])
  })

  it('leads by no link out of the configuration folder', () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'rolegate-policies-')))
    mkdirSync(join(root, 'config', 'policies'), { recursive: true })
    writeFileSync(join(root, 'config', 'rolegate.yaml'), NARROWED, { mode: 0o600 })
    writeFileSync(join(root, 'no-iam.json'), JSON.stringify(POLICY), { mode: 0o600 })
    symlinkSync(join(root, 'no-iam.json'), join(root, 'config', 'policies', 'no-iam.json'))
    const world = { ...aWorld(), ...diskWorld(join(root, 'config', 'rolegate.yaml')) }
    expect(faultsIn(world)).toEqual([`${HERE}leads out of the configuration folder`])
    rmSync(root, { recursive: true })
  })

  it('of an included file’s grant is found from that file', () => {
    const included = `rules:
  - id: other
    match: { idp: entra, group: Other }
    grant: { accounts: [pay-dev], roles: [readonly], session_policy_file: ../policies/no-iam.json }
`
    const text = `${A_FILE}include:
  - files: teams/other.yaml
    within: { idps: [entra], accounts: [pay-dev], roles: [readonly] }
`
    const world = aWorld({ files: { [FILE]: JSON.stringify(POLICY), '/etc/rolegate/teams/other.yaml': included } })
    expect(load(text, world).config.mapping.rules[1]?.sessionPolicy).toMatchObject({
      inline: { json: JSON.stringify(POLICY) },
    })
  })

  it('may stand on a grant in its place', () => {
    const text = grant('session_policy_file: policies/no-iam.json, policy_arns: [team/Boundary]')
    const { config, warnings } = load(text, worldWith(JSON.stringify(POLICY)))
    expect(config.mapping.rules[0]?.sessionPolicy).toMatchObject({
      inline: { json: JSON.stringify(POLICY) },
      managed: ['team/Boundary'],
    })
    expect(warnings).toEqual([
      '/etc/rolegate/rolegate.yaml:20:127  rules[0].grant.policy_arns: stands beside session_policy_file: AWS allows what either allows, less what either denies [two-session-policies]',
    ])
  })

  it('may be managed ones alone', () => {
    const { config } = load(admin('policy_arns: [arn:aws:iam::aws:policy/ReadOnlyAccess]'))
    expect(config.mapping.roles.get('admin')?.sessionPolicy).toEqual({
      managed: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    })
  })

  it('that is as long as AWS takes is taken', () => {
    const policy = { ...POLICY, Id: '' }
    const Id = 'x'.repeat(2048 - JSON.stringify(policy).length)
    expect(narrowedBy({ ...policy, Id })).toEqual([])
    expect(narrowedBy({ ...policy, Id: `${Id}x` })).toEqual([
      `${HERE}is 2049 characters without its white space; AWS takes 2048`,
    ])
  })
})

describe('a session policy is refused', () => {
  it.each<[string, string, string]>([
    ['that is no JSON', '{\n  "Version": }\n', '2:14  is no JSON here'],
    ['that ends too soon', '{\n  "Version"', '2:12  ":" is missing here'],
    ['that is empty', '', '1:1  is no JSON here'],
    [
      'with a key twice: JSON would keep the second alone',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
      '1:55  the key "Effect" stands twice',
    ],
    [
      'with a principal, tabs and all',
      '{\n\t"Version": "2012-10-17",\n\t"Statement": [\n\t\t{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }\n\t]\n}',
      '4:24  Statement[0].Principal: does not go with a session policy: it is about one session',
    ],
  ])('%s', (_, text, fault) => {
    expect(faultsOf(NARROWED, worldWith(text))).toEqual([`policies/no-iam.json:${fault}`])
  })

  it('with text that AWS does not take', () => {
    expect(narrowedBy({ ...POLICY, Id: '日本' })).toEqual([
      `${HERE}holds "日", and AWS takes Latin letters only (U+0020 to U+00FF)`,
    ])
  })

  it('that is no text', () => {
    const world = aWorld({ files: { [FILE]: new Uint8Array([0x7b, 0xff, 0x7d]) } })
    expect(faultsOf(NARROWED, world)).toEqual([`${HERE}is not UTF-8 text; save it as UTF-8`])
  })

  it('that its group may write: whoever writes it decides who may do what (threats.md R7)', () => {
    const world = {
      ...worldWith(JSON.stringify(POLICY)),
      fileMode: (path: string) => (path === FILE ? 0o100664 : 0o100600),
    }
    expect(faultsOf(NARROWED, world)).toEqual([
      expect.stringContaining('policies/no-iam.json:1:1  may be written by its group'),
    ])
  })

  it('that is not there', () => {
    expect(faultsOf(NARROWED)).toEqual([`${HERE}there is no ${FILE}`])
  })

  it('that lies outside the configuration folder', () => {
    const away = '/tmp/policy.json'
    const world = aWorld({ files: { [away]: JSON.stringify(POLICY) } })
    const linked = { ...world, realPath: (path: string) => (path === FILE ? away : world.realPath(path)) }
    expect(faultsOf(NARROWED, linked)).toEqual([`${HERE}leads out of the configuration folder`])
  })

  it('that is a book', () => {
    expect(faultsOf(NARROWED, worldWith(' '.repeat(20_001)))).toEqual([
      `${HERE}is 20001 characters long, which is no session policy`,
    ])
  })

  it('that allows nothing, but beside managed ones', () => {
    const policy = { ...POLICY, Statement: [POLICY.Statement[1]] }
    const world = worldWith(JSON.stringify(policy))
    expect(faultsOf(NARROWED, world)).toEqual([
      `${HERE}allows nothing: a session may do only what its policy allows as well`,
    ])
    expect(faultsOf(admin('session_policy_file: policies/no-iam.json, policy_arns: [team/Boundary]'), world)).toEqual(
      [],
    )
  })

  it('with what is wrong said once, however many name the file', () => {
    const text = NARROWED.replace(
      'readonly: { role_name: ReadOnly }',
      'readonly: { role_name: ReadOnly, session_policy_file: policies/no-iam.json }',
    )
    expect(faultsOf(text, worldWith('[]'))).toEqual(['policies/no-iam.json:1:1  must be a JSON object'])
  })

  it('where the ARNs beside it make it too long', () => {
    const name = `team/${'x'.repeat(120)}`
    const managed = Array.from({ length: 10 }, (_, index) => `${name}${index}`)
    const policy = { ...POLICY, Id: 'x'.repeat(600) }
    const text = admin(`session_policy_file: policies/no-iam.json, policy_arns: [${managed.join(', ')}]`)
    expect(faultsOf(text, worldWith(JSON.stringify(policy)))).toEqual([
      `${HERE}is 2352 characters without its white space, policy_arns included; AWS takes 2048`,
    ])
  })
})

describe('policies by ARN are refused', () => {
  it.each<[string, string, string]>([
    [
      'that are none',
      '[arn:aws:iam::aws:role/x]',
      '[0]: must be the ARN of an IAM policy, or the path and name of one that each account has, as in team/Boundary',
    ],
    ['twice', '[team/Boundary, team/Boundary]', '[1]: "team/Boundary" stands twice'],
    [
      'more than ten of them',
      `[${Array.from({ length: 11 }, (_, index) => `p${index}`).join(', ')}]`,
      ': must be at most 10',
    ],
    [
      'of an account that is not reached alone',
      '["arn:aws:iam::111111111111:policy/x"]',
      '[0]: is a policy of 111111111111, and "pay-dev" is 222222222222; write its path and name alone, and each account’s own is meant',
    ],
    [
      'of another partition',
      '["arn:aws-cn:iam::aws:policy/x"]',
      '[0]: is a policy of aws-cn, and "pay-prod" is in aws',
    ],
  ])('%s', (_, arns, fault) => {
    const faults = faultsOf(admin(`policy_arns: ${arns}`)).map((text) => text.replace(/^\d+:\d+ {2}/, ''))
    expect(faults).toEqual([`roles.admin.policy_arns${fault}`])
  })

  it('nowhere a grant does not reach', () => {
    const text = changed(
      ['elevated: true }', 'elevated: true, policy_arns: ["arn:aws:iam::111111111111:policy/x"] }'],
      ['accounts: [pay-prod, pay-dev]', 'accounts: [pay-prod]'],
    )
    expect(faultsOf(text)).toEqual([])
  })

  it('in the partition of the account, they are taken', () => {
    const text = `${admin('policy_arns: ["arn:aws-cn:iam::aws:policy/x"]')}${OPENED('aws-cn')}`
    expect(faultsOf(text)).toEqual([])
  })
})

describe('two session policies for one session (threats.md R11)', () => {
  it('are refused: AWS would allow what either allows', () => {
    const text = changed(
      ['elevated: true }', 'elevated: true, policy_arns: [team/One] }'],
      [GRANT, 'roles: [readonly, admin], policy_arns: [team/Two] }'],
    )
    expect(faultsOf(text)).toEqual([
      '20:84  rules[0].grant.policy_arns: "admin" has a session policy of its own, and AWS would allow what either allows; narrow it in one place',
    ])
  })

  it('on a role and on a grant that does not open it are two sessions', () => {
    const text = changed(
      ['elevated: true }', 'elevated: true, policy_arns: [team/One] }'],
      [GRANT, 'roles: [readonly], policy_arns: [team/Two] }'],
    )
    expect(faultsOf(text)).toEqual([])
  })
})

describe('where the IdP’s own assertion goes to AWS (threats.md F7)', () => {
  const passing = (text: string) =>
    text
      .replace('env: prod, tags: [pci] }', 'env: prod, tags: [pci], sts: theirs, accept_risk: because of the audit }')
      .concat(
        'sts:\n  default: {}\n  theirs: { strategy: pass_through_oidc, idp: entra, client_id: aws, client_secret_env: IDP_SECRET }\n',
      )

  it('the file loads without a policy', () => {
    expect(faultsOf(passing(A_FILE))).toEqual([])
  })

  const APPROVAL = 'require: { approval: { by: { idp: entra, group: Leads }, valid_for: 4h } }'
  it.each([
    ['a role', admin(APPROVAL), 'admin'],
    ['a grant', grant(APPROVAL), 'readonly'],
  ])('an approval that %s takes is refused', (_whose, text, key) => {
    expect(faultsOf(text)).toEqual([])
    expect(faultsOf(passing(text)).join('\n')).toContain(
      `rules[0].grant: "${key}" takes an approval, which does not go with "pay-prod": its sts entry passes the IdP’s own assertion through, and AWS asks nobody`,
    )
  })

  const warningsOf = (text: string) => load(text).warnings
  const COUNTS = (key: string, what: string) =>
    `"${key}" asks for ${what}, which keeps nobody out of "pay-prod" but who asks here: its sts entry passes the IdP’s own assertion through, and AWS asks for none of it [condition-passed-through]`
  it.each([
    ['a role', admin('require: { ip: 203.0.113.0/24, time: Mon-Fri 07:00-20:00 Europe/Berlin }'), 'admin', 'ip, time'],
    ['a grant', grant('require: { ip: 203.0.113.0/24 }'), 'readonly', 'ip'],
  ])('what %s asks for and AWS does not is warned of', (_whose, text, key, what) => {
    expect(warningsOf(text).join('\n')).not.toContain('condition-passed-through')
    expect(faultsOf(passing(text))).toEqual([])
    expect(warningsOf(passing(text)).join('\n')).toContain(COUNTS(key, what))
  })

  it('a reason keeps nobody out anywhere, and is not warned of', () => {
    expect(warningsOf(passing(grant('require: { reason: true }'))).join('\n')).not.toContain('passed-through')
  })

  it('a policy of a role is refused, once', () => {
    expect(faultsOf(passing(admin('policy_arns: [team/One]')))).toEqual([
      '16:10  roles.admin: is narrowed by a session policy, which does not go with "pay-prod", where rule "team" opens "admin": its sts entry passes the IdP’s own assertion through',
    ])
  })

  it('a policy of a grant is refused', () => {
    expect(faultsOf(passing(grant('policy_arns: [team/One]')))).toEqual([
      '20:12  rules[0].grant: is narrowed by a session policy, which does not go with "pay-prod", where rule "team" opens "readonly": its sts entry passes the IdP’s own assertion through',
    ])
  })
})

describe('credentials that are bound to the address that asks (threats.md R12)', () => {
  it('are so by a role or by a grant, and by nothing that does not say it', () => {
    const { config } = load(admin('bind_ip: true'))
    expect(config.mapping.roles.get('admin')).toMatchObject({ bindIp: true })
    expect(config.mapping.roles.get('readonly')).not.toHaveProperty('bindIp')
    expect(config.mapping.rules[0]).not.toHaveProperty('bindIp')
    expect(load(grant('bind_ip: true')).config.mapping.rules[0]).toMatchObject({ bindIp: true })
    expect(load(admin('bind_ip: false')).config.mapping.roles.get('admin')).not.toHaveProperty('bindIp')
  })

  it('are so for a variant where its base says so (threats.md R2)', () => {
    const variant = (base: string, own: string) =>
      load(
        changed(
          ['elevated: true }', `elevated: true${base} }\n  ops: { role_name: team/Admin, variant_of: admin${own} }`],
          ['roles: [readonly, admin]', 'roles: [readonly, admin, ops]'],
        ),
      ).config.mapping.roles
    expect(variant(', bind_ip: true', '').get('ops')).toMatchObject({ bindIp: true })
    expect(variant(', bind_ip: true', ', bind_ip: false').get('ops')).toMatchObject({ bindIp: true })
    expect(variant('', ', bind_ip: true').get('ops')).toMatchObject({ bindIp: true })
    expect(variant('', ', bind_ip: true').get('admin')).not.toHaveProperty('bindIp')
  })

  it.each(['"yes"', '1', '[203.0.113.7]'])('are not by %s', (value) => {
    expect(faultsOf(admin(`bind_ip: ${value}`))).toEqual([expect.stringContaining('roles.admin.bind_ip: ')])
  })

  it.each([
    ['a role', admin('bind_ip: true'), 'roles.admin'],
    ['a grant', grant('bind_ip: true'), 'rules[0].grant'],
  ])('cannot be by %s where the IdP’s own assertion opens the account (threats.md F7)', (_, text, path) => {
    const passed = `${text}sts:\n  default: { strategy: pass_through_oidc, idp: entra, client_id: aws, client_secret_env: IDP_SECRET }\n`
    expect(faultsOf(passed)).toContainEqual(
      expect.stringContaining(`${path}: is narrowed by a session policy (bind_ip), which does not go with "pay-prod"`),
    )
  })

  it.each([
    ['of the role', (more: string) => admin(`session_policy_file: policies/no-iam.json${more}`), ', bind_ip: true'],
    ['of a grant', (more: string) => NARROWED.replace(GRANT, `roles: [readonly, admin]${more} }`), ', bind_ip: true'],
  ])('need room beside a policy: by word %s', (_, text, bound) => {
    const base = JSON.stringify({ ...POLICY, Id: '' }).length
    const world = worldWith(JSON.stringify({ ...POLICY, Id: 'x'.repeat(2048 - base) }))
    expect(faultsOf(text(''), world)).toEqual([])
    expect(faultsOf(text(bound), world)).toEqual([
      expect.stringMatching(
        /is 22\d\d characters without its white space, what bind_ip adds included; AWS takes 2048$/,
      ),
    ])
  })

  it('are named where a grant without makes the binding void', () => {
    const rule = (id: string, more = '') =>
      `  - id: ${id}\n    match: { idp: entra, group: Team }\n    grant: { accounts: [pay-dev], roles: [readonly]${more} }\n`
    const { warnings } = load(changed(['store:', `${rule('bound', ', bind_ip: true')}store:`]))
    expect(warnings).toContainEqual(expect.stringContaining('[shadowed-rule]'))
  })
})
