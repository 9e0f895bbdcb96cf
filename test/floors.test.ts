import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** One planted fault each: a file that should not be, and the rule that has to see it. */
const FAULTS: readonly [rule: string, file: string, text: string][] = [
  [
    'domain-is-pure',
    'domain/planted.ts',
    "import { readFileSync } from 'node:fs'\nexport const planted = readFileSync\n",
  ],
  [
    'domain-is-pure',
    'domain/planted-type.ts',
    "import type { Store } from '../usecases/ports/store.ts'\nexport type Planted = Store\n",
  ],
  [
    'usecases-see-only-domain',
    'usecases/planted.ts',
    "import { digest } from '../adapters/store/keys.ts'\nexport const planted = digest\n",
  ],
  [
    'adapters-stand-alone',
    'adapters/aws/planted.ts',
    "import { makeMint } from '../issuer/mint.ts'\nexport const planted = makeMint\n",
  ],
  ['http-is-a-door', 'http/planted.ts', "export const planted = () => import('../adapters/store/memory.ts')\n"],
  [
    'cli-is-a-client',
    'cli/planted.ts',
    "import { answerFor } from '../http/errors.ts'\nexport const planted = answerFor\n",
  ],
  [
    'config-is-read-once',
    'http/planted-config.ts',
    "import type { Config } from '../config/config.ts'\nexport type Planted = Config\n",
  ],
  ['sandbox-only-for-the-demo', 'program/planted.ts', "export const planted = () => import('../sandbox/world.ts')\n"],
  [
    'sdk-stays-outside',
    'usecases/planted-sdk.ts',
    "import { STSClient } from '@aws-sdk/client-sts'\nexport const planted = STSClient\n",
  ],
  ['saml-stays-outside', 'adapters/issuer/planted-saml.ts', "export const planted = () => import('libxml2-wasm')\n"],
  [
    'express-stays-in-http',
    'adapters/aws/planted-express.ts',
    "import type { Request } from 'express'\nexport type Planted = Request\n",
  ],
  [
    'config-sees-words',
    'config/planted.ts',
    "import { digest } from '../adapters/store/keys.ts'\nexport const planted = digest\n",
  ],
  [
    'sandbox-sees-words',
    'sandbox/planted.ts',
    "import type { Store } from '../usecases/ports.ts'\nexport type Planted = Store\n",
  ],
  ['idp-stays-in-sandbox', 'http/planted-idp.ts', "export const planted = () => import('oidc-provider')\n"],
  ['jose-verifies-jobs', 'adapters/oidc/planted-jose.ts', "export const planted = () => import('jose')\n"],
  ['no-orphan', 'domain/planted-orphan.ts', 'export const planted = 1\n'],
  ['src-never-needs-test', 'domain/planted-test.ts', "import '../../test/planted.ts'\n"],
  ['resolvable', 'usecases/planted-nothing.ts', "export const planted = () => import('../domain/nothing.ts')\n"],
  [
    'no-circle',
    'domain/planted-circle.ts',
    "import { planted } from './planted-round.ts'\nexport const other = () => planted\n",
  ],
]

describe('the floors of src/', () => {
  let copy: string
  let seen: string

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'rolegate-floors-'))
    for (const part of ['src', '.dependency-cruiser.mjs', 'tsconfig.json', 'package.json', 'scripts']) {
      cpSync(join(ROOT, part), join(copy, part), { recursive: true })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    for (const [, file, text] of FAULTS) {
      mkdirSync(dirname(join(copy, 'src', file)), { recursive: true })
      writeFileSync(join(copy, 'src', file), text)
    }
    mkdirSync(join(copy, 'test'))
    writeFileSync(join(copy, 'test/planted.ts'), 'export {}\n')
    writeFileSync(
      join(copy, 'src/domain/planted-round.ts'),
      "import { other } from './planted-circle.ts'\nexport const planted = () => other\n",
    )
    const { stderr, status } = spawnSync(process.execPath, ['scripts/floors.mjs'], { cwd: copy, encoding: 'utf8' })
    seen = stderr
    expect(status).toBe(1)
  }, 60_000)
  afterAll(() => rmSync(copy, { recursive: true }))

  it.each(FAULTS)('%s is enforced: %s is seen', (rule, file) => {
    expect(seen.split('\n').filter((line) => line.startsWith(`${rule}: src/${file}`))).not.toEqual([])
  })

  it('have a planted fault for each of their rules', async () => {
    const { default: floors } = (await import(join(ROOT, '.dependency-cruiser.mjs'))) as {
      default: { forbidden: readonly { name: string }[] }
    }
    const rules = floors.forbidden.map(({ name }) => name)
    expect([...new Set(FAULTS.map(([rule]) => rule))].toSorted()).toEqual(rules.toSorted())
  })

  it('stand as they are', () => {
    const said = execFileSync(process.execPath, ['scripts/floors.mjs'], { cwd: ROOT, encoding: 'utf8' })
    expect(said).toMatch(/^\d{3} modules, \d+ dependencies, 0 violations/)
  }, 60_000)
})

/** What no import shows: where it may not stand, and how it is written. */
const UNSEEN: readonly [what: string, written: RegExp, mayNot: (file: string) => boolean][] = [
  ['waits', /\b(?:await|async)\b/, (file) => file.startsWith('domain/')],
  [
    'reads the clock',
    /\bnew Date\(\)|\bDate\.now\b|\bperformance\.now\b/,
    (file) => !/^(?:compose|program)\/|^(?:main|rolegate)\.ts$/.test(file),
  ],
  ['takes chances that anybody can guess', /\bMath\.random\b/, () => true],
]

describe('what the floors say and imports do not show', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const read = (file: string) => readFileSync(join(ROOT, 'src', file), 'utf8').replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
  const found = (written: RegExp, text: string) => written.test(text)

  it.each(UNSEEN)('nothing %s where it may not', (_what, written, mayNot) => {
    const files = sources.filter(mayNot)
    expect(files.length).toBeGreaterThan(50)
    expect(files.filter((file) => found(written, read(file)))).toEqual([])
  })

  it('would be seen', () => {
    const planted = 'export const at = async () => [new Date(), Math.random()]\n'
    expect(UNSEEN.filter(([, written]) => found(written, planted))).toHaveLength(UNSEEN.length)
  })
})
