import { asRolegateError } from '../domain/errors.ts'
import type { Call } from './command.ts'
import { failure } from './failure.ts'
import { obstacleAt } from './login/way.ts'
import { openBrowser } from './open-browser.ts'

/** The gateway's own id format; anything else would get into an address that a browser opens. */
const ID = /^[\w-]{22}$/
const LONGEST_WAIT_SECONDS = 600
/** After these the same may be asked again. */
const PASSING = new Set(['authorization_pending', 'rate_limited', 'aws_unavailable'])

/** Asks for something; with `stepUp` once a person has confirmed that. */
type Asking<T> = (stepUp?: string) => Promise<T>

/**
 * The result of `ask`, after a confirmation in the browser if the gateway wants one: each use of an elevated role takes
 * a fresh sign-in (threats.md H8). Waits as long as the confirmation is valid. Fails with `step_up_required`.
 */
export async function withConfirmation<T>(call: Call, origin: string, role: string, ask: Asking<T>): Promise<T> {
  try {
    return await ask()
  } catch (thrown) {
    const wanted = confirmationIn(thrown)
    if (wanted === undefined) throw thrown
    await sendToBrowser(call, role, new URL(`/step-up/${wanted.id}`, origin), wanted.expiresInSeconds)
    return waitFor(call, role, wanted, ask)
  }
}

/** For programs that cannot wait: the same refusal, and the way that is open. */
export async function withoutConfirmation<T>(role: string, ask: Asking<T>): Promise<T> {
  try {
    return await ask()
  } catch (thrown) {
    if (confirmationIn(thrown) === undefined) throw thrown
    throw failure('step_up_required', {
      title: `${role} takes a fresh sign-in each time`,
      detail: 'A credential process cannot wait for one.',
      next: `Run the command itself with it: rolegate exec ${role} -- CMD`,
    })
  }
}

type Confirmation = {
  readonly id: string
  readonly expiresInSeconds: number
  readonly intervalSeconds: number
}

function confirmationIn(thrown: unknown): Confirmation | undefined {
  const { code, values } = asRolegateError(thrown)
  const { confirm, confirmExpiresIn, confirmInterval } = values
  if (code !== 'step_up_required' || typeof confirm !== 'string' || !ID.test(confirm)) return undefined
  return {
    id: confirm,
    expiresInSeconds: within(Number(confirmExpiresIn), 1, LONGEST_WAIT_SECONDS),
    intervalSeconds: within(Number(confirmInterval), 1, 30),
  }
}

const within = (seconds: number, least: number, most: number): number =>
  Number.isFinite(seconds) ? Math.min(Math.max(seconds, least), most) : least

/** Even with -q: without the address nobody can confirm. It holds no secret (security.md D-24). */
async function sendToBrowser({ world, say }: Call, role: string, page: URL, seconds: number): Promise<void> {
  const minutes = Math.max(1, Math.floor(seconds / 60))
  world.err(
    [
      `${role} takes a fresh sign-in each time. Confirm in your browser, within ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}:`,
      `  ${page.href}`,
      '',
    ].join('\n'),
  )
  const obstacle = obstacleAt(world)
  if (world.env['ROLEGATE_NO_BROWSER'] || obstacle !== undefined) return
  if (!(await openBrowser(world, page))) say('No browser could be started: open the address in one.')
}

async function waitFor<T>(
  { world }: Call,
  role: string,
  { id, expiresInSeconds, intervalSeconds }: Confirmation,
  ask: Asking<T>,
): Promise<T> {
  const deadline = world.now().getTime() + expiresInSeconds * 1000
  let pause = intervalSeconds
  let unavailable: unknown
  while (world.now().getTime() < deadline) {
    await world.sleep(pause * 1000, world.interrupted)
    try {
      return await ask(id)
    } catch (thrown) {
      const { code } = asRolegateError(thrown)
      // If a busy gateway did not ask AWS, the confirmation can still be used; if AWS did not answer, it cannot.
      if (code === 'step_up_required' && unavailable !== undefined) throw unavailable
      if (!PASSING.has(code)) throw thrown
      unavailable = code === 'aws_unavailable' ? thrown : undefined
      pause = code === 'authorization_pending' ? intervalSeconds : intervalSeconds + 5
    }
  }
  if (unavailable !== undefined) throw unavailable
  throw failure('step_up_required', {
    title: 'Nobody confirmed it in the browser in time',
    detail: `Nothing was given: ${role} takes a fresh sign-in each time.`,
    next: 'Run the command again.',
  })
}
