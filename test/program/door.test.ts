import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { checkFacts } from '../../src/domain/aws/config-file/facts.ts'
import { sectionsOf } from '../../src/domain/aws/config-file/lines.ts'
import { nameRoles } from '../../src/domain/aws/config-file/profile-names.ts'
import { aboutOf, credentialsFile, credentialsFolder, purposeOf } from '../../src/cli/kept/credentials.ts'
import { localKeyFile, markFile, marksFolder } from '../../src/cli/kept/places.ts'
import { keyFor, seal } from '../../src/cli/kept/sealed.ts'

const DOOR = fileURLToPath(new URL('../../dist/rolegate.cjs', import.meta.url))
/** Nobody listens there. */
const ORIGIN = 'http://127.0.0.1:9'

it('prints kept credentials whole, however large, without asking anybody', () => {
  const { env, document } = aKeptRole('x'.repeat(300_000))
  for (const line of [['credential-process', 'payments-dev/readonly'], lineOfAProfile()]) {
    const { status, stdout, stderr } = start(line, env)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toBe(document)
  }
})

it('leaves every other line to the program, its exit code included', () => {
  const { env } = aKeptRole('x')
  expect(start(['version'], env)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^rolegate \d/) })
  expect(start(['credential-process', 'payments-dev/admin'], env)).toMatchObject({ status: 9, stdout: '' })
  expect(start(['credential-process'], env)).toMatchObject({ status: 2, stdout: '' })
  expect(start(['serve', '--nonsense'], env)).toMatchObject({ status: 2, stdout: '' })
})

/** What `rolegate configure --mode process` writes, after the program. */
function lineOfAProfile(): readonly string[] {
  const startUrl = 'https://rolegate.invalid.awsapps.com/start'
  const role = { alias: 'payments-dev', role: 'readonly', accountId: '111122223333', region: 'eu-central-1' }
  const facts = checkFacts({ origin: ORIGIN, startUrl, ssoRegion: 'eu-central-1', roles: [role] })
  const way = { mode: 'process', program: [process.execPath, DOOR], windows: false } as const
  const [, words = ''] =
    /" (credential-process .*)$/.exec(sectionsOf(facts, nameRoles([role]), way)[0]?.[1] ?? '') ?? []
  return words.split(' ')
}

const start = (args: readonly string[], env: Record<string, string>) =>
  spawnSync(process.execPath, [DOOR, ...args], { encoding: 'utf8', env, timeout: 30_000, maxBuffer: 1_000_000 })

/** A machine on which somebody has signed in and got this document. */
function aKeptRole(document: string) {
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-door-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const place = { env: { ROLEGATE_CONFIG_DIR: folder, ROLEGATE_URL: ORIGIN }, homeFolder: folder }
  const wanted = { origin: ORIGIN, role: 'payments-dev/readonly', duration: '' }
  const localKey = randomBytes(32)
  const expiresAt = new Date(Date.now() + 3_600_000)
  const kept = JSON.stringify({ document, expiresAt, obtainedAt: new Date() })
  for (const path of [marksFolder(place), credentialsFolder(place, ORIGIN)]) mkdirSync(path, { recursive: true })
  writeFileSync(localKeyFile(place), localKey)
  writeFileSync(markFile(place, ORIGIN), JSON.stringify({ origin: ORIGIN, store: 'file', signIn: 's' }))
  writeFileSync(credentialsFile(place, wanted, 's'), seal(keyFor(localKey, purposeOf('s')), kept, aboutOf(wanted, 's')))
  const tokens = { accessToken: 'rga_kept', refreshToken: 'rgr_kept', expiresAt }
  const sealed = seal(
    keyFor(localKey, 'tokens'),
    JSON.stringify({ servers: { [ORIGIN]: JSON.stringify(tokens) } }),
    'tokens',
  )
  writeFileSync(join(folder, 'tokens.enc'), sealed)
  return { env: { ...place.env, HOME: folder, PATH: '/usr/bin:/bin' }, document }
}
