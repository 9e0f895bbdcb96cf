import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configJsonSchema, printConfigJsonSchema, type JsonSchema } from '../../src/config/json-schema.ts'
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

  it('loads without a warning', () => {
    expect(faultsOf(text, world)).toEqual([])
    expect(load(text, world).warnings).toEqual([])
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
