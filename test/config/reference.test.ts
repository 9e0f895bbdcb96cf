import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configJsonSchema, printConfigJsonSchema, type JsonSchema } from '../../src/config/json-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { withText } from '../../src/config/with-text.ts'
import { reportOn } from '../../src/program/check/report.ts'
import { diskWorld } from '../../src/program/read-config.ts'
import { aWorld, faultsOf, load, MASTER_KEY } from './a-file.ts'

const at = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

describe('config/rolegate.schema.json', () => {
  it('is what the schema says', () => {
    expect(at('config/rolegate.schema.json')).toBe(printConfigJsonSchema())
  })

  it('is draft 7, and open to no unknown key (security.md K-1)', () => {
    expect(configJsonSchema()).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      additionalProperties: false,
    })
  })

  it('has words for every key', () => {
    expect(keysOf(configJsonSchema(), '').filter(({ description }) => description === undefined)).toEqual([])
  })
})

describe('config/getting-started.example.yaml', () => {
  const text = at('config/getting-started.example.yaml')
  const world = aWorld({ files: { '/etc/rolegate/secrets/master.key': `${MASTER_KEY}\n` } })

  it('loads with one warning, of the addresses that only its reader knows (threats.md F3)', () => {
    expect(faultsOf(text, world)).toEqual([])
    expect(loadConfig(withText(text, world)).warnings).toMatchObject([
      { path: 'sts.default', message: expect.stringMatching(/\[no-egress-pin\]$/) },
    ])
  })

  it('names the schema in its first line', () => {
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./rolegate.schema.json')
  })

  it('shows two accounts, three roles of which one is elevated, a deny and tests', () => {
    const { mapping, masterKeys } = load(text, world).config
    expect([mapping.accounts.size, mapping.roles.size, masterKeys.length]).toEqual([2, 3, 1])
    expect([...mapping.roles.values()].filter(({ elevated }) => elevated)).toHaveLength(1)
    expect(mapping.rules.map(({ effect }) => effect)).toContain('deny')
  })

  it('fails its own tests when the deny is taken out', () => {
    const without = text.replace(
      'match: { group: 0d5f6a4e-1f2b-4c3d-8e9f-00000000000c }',
      'match: { group: 0d5f6a4e-1f2b-4c3d-8e9f-00000000000d }',
    )
    expect(faultsOf(without, world).map((fault) => fault.replace(/^\d+:\d+ {2}/, ''))).toEqual([
      'tests[2].cannot[0]: payments-prod/admin is open to this person by rule payments-admin',
      'tests[2].cannot[1]: payments-prod/readonly is open to this person by rule payments-team',
    ])
  })
})

describe('config/config.example.yaml', () => {
  const file = 'config/config.example.yaml'
  const look = () => reportOn(file, { insecureDev: false, withoutSecrets: true, tests: true })

  it('loads, with the files it names beside it, and each of its tests passes', async () => {
    const report = await look()
    expect([report.exit, report.faults]).toEqual([0, []])
    expect(report.tests?.map(({ as, expects, role, passed }) => `${passed} ${as} ${expects} ${role}`)).toEqual([
      'true entra: AWS-Payments-Dev can payments-prod/dev',
      'true entra: AWS-Payments-Dev cannot payments-prod/admin',
      'true entra: AWS-Payments-Dev cannot data-prod/readonly',
      'true okta: aws.payments-dev.dev can payments-dev/dev',
      'true okta: aws.payments-prod.admin cannot payments-prod/admin',
      'true keycloak: /acme/aws-devs cannot payments-prod/dev',
    ])
  })

  it('is warned of for its wide proxies, names that three IdPs may give, an account nobody has yet, a deny at one IdP, and tokens that are good from anywhere', async () => {
    const { warnings } = await look()
    expect(warnings.map(({ path }) => path)).toEqual([
      'server.trusted_proxies[0]',
      'idps[0]',
      'accounts.data-prod',
      'rules[5]',
      'sts.default',
    ])
  })

  it('is what serve takes, where its secrets are', () => {
    const disk = diskWorld(resolve(file))
    const secrets = new Map([
      ['/run/secrets/rolegate_master_key', `${MASTER_KEY}\n`],
      ['/run/secrets/entra_client_secret', 'kD9-fK2vq'],
      ['/etc/rolegate/keycloak-metadata.xml', '<unread/>'],
    ])
    const { config } = loadConfig({
      ...disk,
      readFile: (path) => secrets.get(path) ?? disk.readFile(path),
      realPath: (path) => (secrets.has(path) ? path : disk.realPath(path)),
      fileMode: (path) => (secrets.has(path) ? 0o100400 : 0o100644),
      env: { OKTA_CLIENT_SECRET: 'kD9-fK2vq' },
      insecureDev: false,
      purpose: 'serve',
    })
    expect(config.masterKeys).toHaveLength(1)
    expect([...(config.groupNames.get('entra') ?? [])].map(([, name]) => name).toSorted()).toEqual([
      'AWS-Auditors',
      'AWS-Payments-Dev',
      'AWS-Payments-Leads',
      'AWS-Payments-SRE',
      'AWS-Platform',
      'All-Engineers',
    ])
  })

  it('names the schema in its first line', () => {
    expect(at(file).split('\n')[0]).toBe('# yaml-language-server: $schema=./rolegate.schema.json')
  })
})

describe('docs/reference/configuration.md', () => {
  const listed = new Set(
    [...at('docs/reference/configuration.md').matchAll(/^\| `([a-z0-9_.[\]<>]+)` +\|/gm)].map(([, path]) => path),
  )
  const known = new Set(keysOf(configJsonSchema(), '').map(({ path }) => path))

  it('has a row for every key', () => {
    expect([...known].filter((path) => !listed.has(path))).toEqual([])
  })

  it('has no row for a key that is gone', () => {
    expect([...listed].filter((path) => path !== undefined && !known.has(path))).toEqual([])
  })
})

type Key = { readonly path: string; readonly description: unknown }

/** Every key of the schema: `idps[].groups.claim`, `accounts.<name>.id`. */
function keysOf(schema: JsonSchema, above: string): readonly Key[] {
  const { properties, additionalProperties, items, anyOf, oneOf } = schema
  const own = Object.entries(properties ?? {}).flatMap(([key, below]) => {
    const path = above === '' ? key : `${above}.${key}`
    return isSchema(below) ? [{ path, description: below.description }, ...keysOf(below, path)] : []
  })
  const named = isSchema(additionalProperties) ? keysOf(additionalProperties, `${above}.<name>`) : []
  const listed = isSchema(items) ? keysOf(items, `${above}[]`) : []
  const either = [...(anyOf ?? []), ...(oneOf ?? [])].flatMap((one) => (isSchema(one) ? keysOf(one, above) : []))
  return [...own, ...named, ...listed, ...either]
}

const isSchema = (one: unknown): one is JsonSchema => typeof one === 'object' && one !== null && !Array.isArray(one)
