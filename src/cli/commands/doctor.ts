import { readSections } from '../../domain/aws/config-file/read-sections.ts'
import { configFile, credentialsFile, readText } from '../aws-config/files.ts'
import type { Call, Command } from '../command.ts'
import { checkConfigFile } from '../doctor/config-file.ts'
import { checkVariables } from '../doctor/environment.ts'
import { failed, ok, type Finding } from '../doctor/finding.ts'
import { checkReach, checkSignIn } from '../doctor/gateway.ts'
import { oneLine } from '../server-text.ts'
import type { CliWorld } from '../world.ts'

export const doctor: Command = {
  name: 'doctor',
  usage: 'rolegate doctor',
  summary: 'Look at everything a sign-in and an AWS tool need here, and say what to do about it.',
  options: {},
  words: { least: 0, most: 0 },
  async run(call) {
    const { world, json } = call
    const findings = await lookAtAll(call)
    const isWell = findings.every(({ state }) => state !== 'fail')
    world.out(json ? `${JSON.stringify({ ok: isWell, findings }, null, 2)}\n` : findings.map(printed).join(''))
    return isWell ? 0 : 1
  },
}

async function lookAtAll(call: Call): Promise<readonly Finding[]> {
  const { world } = call
  try {
    const connection = await call.connect()
    const { origin, source } = connection
    const reach = await checkReach(connection, world)
    const isThere = reach.every(({ check, state }) => check !== 'reach' || state !== 'fail')
    const signedIn = isThere ? await checkSignIn(connection, call) : { findings: [] }
    return [
      ok('gateway', `${origin}, named by ${source}.`),
      ...reach,
      ...signedIn.findings,
      ...(signedIn.facts === undefined ? [] : await checkConfigFile(world, signedIn.facts)),
      ...checkVariables(world.env, origin, await profilesOf(world)),
    ]
  } catch (thrown) {
    if (world.interrupted.aborted) throw thrown
    return [failed('gateway', thrown)]
  }
}

/** The profiles in both files. A file that cannot be read counts as empty here; its own check reports it. */
async function profilesOf(world: CliWorld): Promise<ReadonlySet<string>> {
  const texts = await Promise.all(
    [configFile(world), credentialsFile(world)].map((path) => readText(path).catch(() => '')),
  )
  return new Set(['default', ...texts.flatMap(readSections).map(({ name }) => name)])
}

const SIGNS = { ok: '✓', warn: '!', fail: '✗' } satisfies Record<Finding['state'], string>
const WIDTH = 12

/** What the gateway or a file said is one line of plain text here (threats.md D14). */
const printed = ({ check, state, says, next }: Finding): string =>
  `${SIGNS[state]} ${check.padEnd(WIDTH)}${oneLine(says)}\n${next === undefined ? '' : `${' '.repeat(WIDTH + 2)}→ ${oneLine(next)}\n`}`
