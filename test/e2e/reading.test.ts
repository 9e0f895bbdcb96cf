import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textOf } from '../../src/config/reload/difference.ts'
import type * as ReadConfig from '../../src/program/read-config.ts'
import type * as ReadingThread from '../../src/program/reading-thread.ts'
import { A_FILE } from '../config/a-file.ts'

const RULES = 4_000
const HOW = { insecureDev: true, purpose: 'serve' } as const
/** A thread runs the build: this Node may not run its source. */
const BUILT = new URL('../../dist/program/read-config.js', import.meta.url).href
const THREAD = new URL('../../dist/program/reading-thread.js', import.meta.url).href

describe('a configuration that is read while others are served', () => {
  let folder: string
  let file: string
  let reader: ReturnType<typeof ReadConfig.makeReader>
  let makeReader: typeof ReadConfig.makeReader
  let readInThread: typeof ReadingThread.readInThread
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rolegate-reading-'))
    file = join(folder, 'rolegate.yaml')
    const rules = Array.from(
      { length: RULES },
      (_, n) =>
        `  - { id: r-${n}, match: { idp: entra, group: g-${n} }, grant: { accounts: [pay-dev], roles: [readonly] } }\n`,
    )
    writeFileSync(
      file,
      A_FILE.replace('client_secret_env: IDP_SECRET', 'client_secret_env: READING_TEST_SECRET').replace(
        '\nstore:',
        `\n${rules.join('')}store:`,
      ),
      { mode: 0o600 },
    )
    ;({ makeReader } = (await import(BUILT)) as typeof ReadConfig)
    ;({ readInThread } = (await import(THREAD)) as typeof ReadingThread)
    reader = makeReader(file, HOW)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is the same as one that is read here, and takes its secrets out of the environment (threats.md K10)', async () => {
    process.env['READING_TEST_SECRET'] = 'kD9-fK2vq'
    const aside = await reader.readAside()
    expect(process.env['READING_TEST_SECRET']).toBeUndefined()
    expect(aside.config.mapping.rules).toHaveLength(RULES + 1)
    const here = reader.read()
    expect([aside.hash, aside.files, aside.warnings]).toEqual([here.hash, here.files, here.warnings])
    expect(textOf(aside.config)).toBe(textOf(here.config))
  }, 60_000)

  it('is handed what was asked for of the environment, and nothing else of it (threats.md K10)', async () => {
    const another = join(folder, 'another.yaml')
    writeFileSync(another, A_FILE.replace('IDP_SECRET', 'READING_TEST_OTHER'), { mode: 0o600 })
    process.env['READING_TEST_OTHER'] = 'wq7-pL5zt'
    process.env['READING_TEST_OF_SOMEBODY_ELSE'] = 'hush'
    try {
      const handed: Readonly<Record<string, string | undefined>>[] = []
      const { readAside } = makeReader(another, HOW, (order) => {
        handed.push(order.env)
        return readInThread(order)
      })
      await readAside()
      expect(handed.map((env) => env['READING_TEST_OTHER'])).toEqual([undefined, 'wq7-pL5zt'])
      expect(process.env['READING_TEST_OTHER']).toBeUndefined()
      await readAside()
      expect(handed).toHaveLength(3)
      for (const env of handed) {
        expect(env).not.toHaveProperty('READING_TEST_OF_SOMEBODY_ELSE')
        expect(env).not.toHaveProperty('PATH')
      }
    } finally {
      delete process.env['READING_TEST_OF_SOMEBODY_ELSE']
    }
  }, 60_000)

  it('holds up nobody', async () => {
    let [longest, last] = [0, performance.now()]
    const beat = setInterval(() => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }, 5)
    const start = performance.now()
    await reader.readAside()
    clearInterval(beat)
    expect(longest).toBeLessThan((performance.now() - start) / 3)
  }, 60_000)

  it.each([
    ['takes more memory than a configuration may', { ms: 60_000, mebibytes: 12 }],
    ['took longer than 0.05 seconds', { ms: 50, mebibytes: 2_048 }],
  ])(
    'is not read here where it %s, and not at once again',
    async (because, bounds) => {
      const bounded = makeReader(file, HOW, (order) => readInThread(order, bounds))
      bounded.read()
      appendFileSync(file, '# another\n')
      await expect(bounded.readAside()).rejects.toMatchObject({
        code: 'config_invalid',
        values: { faults: [`reading it ${because}: rolegate check-config may say more`] },
      })
      const { asRead, now } = bounded.lookedAt()
      expect(await now()).toBe(asRead)
      appendFileSync(file, '# mended\n')
      expect(await now()).not.toBe(asRead)
    },
    60_000,
  )

  it('is refused with the same faults, and it is known when to read again', async () => {
    appendFileSync(file, 'nonsense: 1\nversion: 1\n')
    const faults = (thrown: unknown) => (thrown as { faults?: unknown }).faults
    const aside = await reader.readAside().then(() => undefined, faults)
    const { asRead, now } = reader.lookedAt()
    expect(await now()).toBe(asRead)
    expect(aside).toMatchObject([{ message: 'the key "version" stands twice in one mapping' }])
    expect(aside).toEqual(
      ((): unknown => {
        try {
          return reader.read()
        } catch (thrown) {
          return faults(thrown)
        }
      })(),
    )
    appendFileSync(file, '# mended\n')
    expect(await now()).not.toBe(asRead)
  }, 60_000)
})
