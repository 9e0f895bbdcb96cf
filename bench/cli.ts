/** A line of credential-process that this machine can answer itself, beside the start of Node and nothing more. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import { aboutOf, credentialsFile, credentialsFolder, purposeOf } from '../src/cli/kept/credentials.ts'
import { localKeyFile, markFile, marksFolder, type Place } from '../src/cli/kept/places.ts'
import { keyFor, seal } from '../src/cli/kept/sealed.ts'
import { checkFacts } from '../src/domain/aws/config-file/facts.ts'
import { sectionsOf } from '../src/domain/aws/config-file/lines.ts'
import { nameRoles } from '../src/domain/aws/config-file/profile-names.ts'
import { DOOR } from './harness/places.ts'
import { interleave, median } from './harness/rounds.ts'
import { costLine, ratiosOf } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

const start = promisify(execFile)
/** Nobody listens there: whoever asks the gateway fails. */
const ORIGIN = 'http://127.0.0.1:9'
const ROLE = 'payments-dev/readonly'
const BOUNDS = { must: 1.5, goal: 1.2 }

export const cli: Bench = async ({ rounds, operations }) => {
  const starts = Math.ceil(operations / 100)
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-bench-'))
  const env = {
    PATH: process.env['PATH'],
    ROLEGATE_CONFIG_DIR: folder,
    ROLEGATE_URL: ORIGIN,
    ROLEGATE_TOKEN_STORE: 'file',
  }
  const cpu = { ours: [] as number[], node: [] as number[] }
  const side = (name: keyof typeof cpu, args: readonly string[], says: string) => async () => {
    const before = cpuOfChildren()
    const walls: number[] = []
    for (let at = 0; at < starts; at += 1) {
      const from = performance.now()
      const { stdout } = await start(process.execPath, args, { env })
      walls.push(performance.now() - from)
      if (stdout !== says) throw new Error(`${args.join(' ')} said something else`)
    }
    cpu[name].push((cpuOfChildren() - before) / starts)
    return median(walls)
  }
  try {
    const document = warm({ env, homeFolder: folder })
    const sides = {
      ours: side('ours', [DOOR, ...lineOfAProfile()], document),
      node: side('node', ['-e', '0'], ''),
    }
    // Once for the disk's sake.
    for (const once of Object.values(sides)) await once()
    cpu.ours.length = cpu.node.length = 0
    const walls = await interleave(sides, rounds)
    const [ours = [], node = []] = [walls.get('ours'), walls.get('node')]
    return {
      costs: [
        costLine('credential-process, warm', ours, 'ms'),
        costLine('node -e 0', node, 'ms'),
        costLine('credential-process, warm', cpu.ours, 'ms of CPU'),
        costLine('node -e 0', cpu.node, 'ms of CPU'),
      ],
      figures: [
        { title: 'cli: time of a warm credential-process / node -e 0', ratios: ratiosOf(ours, node), ...BOUNDS },
        // Only Linux says what children used.
        ...(existsSync(STAT)
          ? [{ title: 'cli: CPU of the same', ratios: ratiosOf(cpu.ours, cpu.node), ...BOUNDS }]
          : []),
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const STAT = '/proc/self/stat'
const TICK_MS = 10

/** Milliseconds that ended children of this process have used (proc_pid_stat(5), cutime and cstime). */
function cpuOfChildren(): number {
  if (!existsSync(STAT)) return Number.NaN
  const fields = readFileSync(STAT, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS
}

/** What `rolegate configure --mode process` has SDKs start, after the program. */
function lineOfAProfile(): readonly string[] {
  const [alias = '', role = ''] = ROLE.split('/')
  const roles = [{ alias, role, accountId: '111122223333', region: 'eu-central-1' }]
  const startUrl = 'https://rolegate.invalid.awsapps.com/start'
  const facts = checkFacts({ origin: ORIGIN, startUrl, ssoRegion: 'eu-central-1', roles })
  const way = { mode: 'process', program: [process.execPath, DOOR], windows: false } as const
  const [, words = ''] = /" (credential-process .*)$/.exec(sectionsOf(facts, nameRoles(roles), way)[0]?.[1] ?? '') ?? []
  return words.split(' ')
}

/** Leaves a sign-in and credentials of the usual size, as the client keeps them; gives back what it will print. */
function warm(place: Place): string {
  const signIn = 'bench'
  const wanted = { origin: ORIGIN, role: ROLE, duration: '' }
  const expiresAt = new Date(Date.now() + 3_600_000)
  const document = `${JSON.stringify({
    Version: 1,
    AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    SecretAccessKey: 'x'.repeat(40),
    SessionToken: 'x'.repeat(1000),
    Expiration: expiresAt.toISOString(),
  })}\n`
  const localKey = randomBytes(32)
  const kept = JSON.stringify({ document, expiresAt, obtainedAt: new Date() })
  for (const folder of [marksFolder(place), credentialsFolder(place, ORIGIN)]) mkdirSync(folder, { recursive: true })
  writeFileSync(localKeyFile(place), localKey)
  writeFileSync(markFile(place, ORIGIN), JSON.stringify({ origin: ORIGIN, store: 'file', signIn }))
  writeFileSync(
    credentialsFile(place, wanted, signIn),
    seal(keyFor(localKey, purposeOf(signIn)), kept, aboutOf(wanted, signIn)),
  )
  return document
}
