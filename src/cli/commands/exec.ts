import { environmentOf } from '../../domain/aws/credential-formats.ts'
import type { Credentials } from '../../domain/aws/credentials.ts'
import { borrow, DURATION_OPTION, REASON_OPTION } from '../borrow.ts'
import type { Call, Command } from '../command.ts'
import { NOT_STARTED } from '../exit.ts'
import { oursIn, REGION_OPTION, regionFor, type HandedRegion } from '../region.ts'
import type { Environment } from '../world.ts'

/**
 * Removed from the child's environment: a profile would make it use another identity. AWS_SECURITY_TOKEN is the old
 * name of AWS_SESSION_TOKEN, and is read first.
 */
const REMOVED = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SECURITY_TOKEN']

export const exec: Command = {
  name: 'exec',
  usage: 'rolegate exec [ROLE] [-d DURATION] [-r REGION] [--reason TEXT] -- CMD…',
  summary: 'Run one command with a role’s credentials in its environment; its exit code is ours.',
  options: { duration: DURATION_OPTION, region: REGION_OPTION, reason: REASON_OPTION },
  words: { least: 0, most: 1 },
  completes: 'role',
  takesRest: true,
  async run(call) {
    const [command, ...args] = call.rest
    if (command === undefined || command === '') throw call.misused('What to run is missing: it stands after --.')
    const regionOver = regionFor(call)
    const { credentials, region: own } = await borrow(call, call.words[0])
    sayRemoved(call)
    const env = childEnvironment(call.world.env, credentials, regionOver(own))
    // A Ctrl-C that came before there was a child is ours, and nobody else has heard it.
    call.world.interrupted.throwIfAborted()
    const end = await call.world.spawn({ command, args, env, place: 'foreground' })
    if (end.started) return end.exit
    call.world.err(`error: ${command} could not be started: ${WHY[end.because]}.\n`)
    return NOT_STARTED[end.because]
  },
}

const WHY = {
  not_found: 'it was not found',
  not_executable: 'it is not executable',
  other: 'the system refused',
} satisfies Record<keyof typeof NOT_STARTED, string>

function childEnvironment(
  parent: Environment,
  credentials: Credentials,
  { region, beside }: HandedRegion,
): Environment {
  const removed = new Set([...REMOVED, ...oursIn(parent)])
  const kept = Object.entries(parent).filter(([name]) => !removed.has(name))
  return { ...Object.fromEntries(kept), ...environmentOf(credentials, region), ...beside }
}

function sayRemoved({ world, say }: Call): void {
  const removed = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'].filter((name) => world.env[name])
  if (removed.length > 0)
    say(`${removed.join(' and ')} removed for this command, so that it uses the role's credentials.`)
}
