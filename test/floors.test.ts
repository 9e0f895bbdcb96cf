import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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

  it('stand as they are', () => {
    const said = execFileSync(process.execPath, ['scripts/floors.mjs'], { cwd: ROOT, encoding: 'utf8' })
    expect(said).toMatch(/^\d{3} modules, \d+ dependencies, 0 violations/)
  }, 60_000)
})
