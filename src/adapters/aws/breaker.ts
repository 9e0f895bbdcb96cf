import { notAsked } from '../../domain/aws/not-asked.ts'

/** Calls in a row without an answer until nobody else is made to wait for one. */
const MOST_SILENT = 10
/** Then one call is let through to see; the wait doubles while that one fails too. */
const FIRST_WAIT_MS = 5_000
const LONGEST_WAIT_MS = 30_000
/** Whom nobody has asked for so long is not said to be down: nobody knows. */
const NEWS_MS = 60_000

type Circuit = { silent: number; waitMs: number; shutUntil: number; isTrying: boolean }

const closed = (): Circuit => ({ silent: 0, waitMs: 0, shutUntil: 0, isTrying: false })

/**
 * A circuit breaker: a neighbour that does not answer must not hold up everybody, nor be kept down by everybody's
 * retries (security.md V-8). Any answer counts as one: refusals and throttling concern one account and shut nobody else
 * out.
 */
export function makeBreaker(deps: {
  /** Milliseconds of a clock that nobody sets (security.md V-13). */
  elapsed: () => number
  isSilence: (thrown: unknown) => boolean
  /** Called when it shuts, and when the neighbour answers again. */
  onChange: (neighbour: string, answers: boolean) => void
}) {
  const circuits = new Map<string, Circuit>()

  function refuseWhileShut({ waitMs, shutUntil, isTrying }: Circuit): void {
    const left = shutUntil - deps.elapsed()
    if (waitMs === 0 || (left <= 0 && !isTrying)) return
    throw notAsked('not_asked_while_down', Math.max(1, Math.ceil(left / 1000)))
  }

  function heard(neighbour: string, circuit: Circuit): void {
    const wasShut = circuit.waitMs > 0
    Object.assign(circuit, closed())
    if (wasShut) deps.onChange(neighbour, true)
  }

  function heardNothing(neighbour: string, circuit: Circuit, isTrial: boolean): void {
    const isNew = circuit.waitMs === 0
    // Others that were under way when it shut say nothing new.
    if (!isNew && !isTrial) return
    circuit.silent += 1
    if (isNew && circuit.silent < MOST_SILENT) return
    circuit.waitMs = isNew ? FIRST_WAIT_MS : Math.min(circuit.waitMs * 2, LONGEST_WAIT_MS)
    circuit.shutUntil = deps.elapsed() + circuit.waitMs
    circuit.isTrying = false
    if (isNew) deps.onChange(neighbour, false)
  }

  return {
    /** `ask`, or `aws_unavailable` at once while the neighbour is taken to be down. */
    async through<Out>(neighbour: string, ask: () => Promise<Out>): Promise<Out> {
      const circuit = circuits.get(neighbour) ?? closed()
      circuits.set(neighbour, circuit)
      refuseWhileShut(circuit)
      const isTrial = circuit.waitMs > 0
      circuit.isTrying = isTrial
      try {
        const out = await ask()
        heard(neighbour, circuit)
        return out
      } catch (thrown) {
        if (deps.isSilence(thrown)) heardNothing(neighbour, circuit, isTrial)
        else heard(neighbour, circuit)
        throw thrown
      }
    },
    /** Who did not answer when last asked, a moment ago. */
    down: (): readonly string[] =>
      [...circuits].flatMap(([neighbour, { waitMs, shutUntil }]) =>
        waitMs > 0 && deps.elapsed() < shutUntil + NEWS_MS ? [neighbour] : [],
      ),
  }
}
