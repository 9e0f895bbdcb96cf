import type { Host } from './host.ts'
import type { Witness } from './witness.ts'

const ALARM_SECONDS = 30
const STOP_SECONDS = 120
/**
 * An answer that took longer than this says too little about the time, and so does one during which our own clock was
 * set.
 */
const MOST_ASKING_MS = 5_000
/** What nobody has said for so long is not held against anybody. */
const FRESH_MS = 600_000
const SAID_AGAIN_MS = 3_600_000

export type ClockWatch = {
  /** The same fetch, which also reads what time it is at this neighbour. */
  watching(neighbour: string, ask: typeof fetch): typeof fetch
  /** `clock:NEIGHBOUR` for each whose clock differs from ours by more than thirty seconds. */
  degraded(): readonly string[]
  /** True after the first answer that is minutes off: it does not count yet, and the neighbour is asked again. */
  isUnsure(neighbour: string): boolean
  /**
   * True if our clock was more than two minutes off every AWS endpoint we asked, twice in a row: then nothing may be
   * issued.
   */
  stops(): boolean
}

type Seen = {
  readonly seconds: number
  readonly at: number
  /** How many of its answers in a row were too far away to issue anything. */
  readonly far: number
}

/** What neighbours that are AWS are called. */
export const awsNeighbour = (sts: string): string => `sts:${sts}`

/**
 * Compares our clock with our neighbours', by the `Date` of their answers (threats.md F10). If ours is fast, we sign
 * tokens that are not yet valid; if it is slow, they live longer than our records say.
 */
export function makeClockWatch({ host, witness }: { readonly host: Host; readonly witness: Witness }): ClockWatch {
  const seen = new Map<string, Seen>()
  const saidAt = new Map<string, number>()

  const isFresh = ({ at }: Seen) => Math.abs(host.now().getTime() - at) < FRESH_MS
  const fresh = () => [...seen].filter(([, one]) => isFresh(one))

  /** A single answer may be wrong, such as one from a machine in between: it takes two to stop us. */
  function note(neighbour: string, seconds: number, at: number): void {
    const before = seen.get(neighbour)
    const far = Math.abs(seconds) > STOP_SECONDS ? 1 + (before !== undefined && isFresh(before) ? before.far : 0) : 0
    seen.set(neighbour, { seconds, at, far })
  }

  function say(neighbour: string, seconds: number, at: number): void {
    if (Math.abs(seconds) <= ALARM_SECONDS) return void saidAt.delete(neighbour)
    if (at - (saidAt.get(neighbour) ?? -Infinity) < SAID_AGAIN_MS) return
    saidAt.set(neighbour, at)
    const facts = { neighbour, seconds: Math.round(seconds) }
    if (Math.abs(seconds) > STOP_SECONDS)
      witness.log.error('this clock and that of a neighbour differ by minutes', facts)
    else witness.log.warn('this clock and that of a neighbour differ', facts)
  }

  return {
    watching: (neighbour, ask) =>
      async function watchedFetch(input, init) {
        const before = host.now().getTime()
        const answer = await ask(input, init)
        const after = host.now().getTime()
        const seconds = skewOf(answer.headers, (before + after) / 2)
        if (seconds === undefined || Math.abs(after - before) > MOST_ASKING_MS) return answer
        note(neighbour, seconds, after)
        witness.metrics.clockSkew(neighbour, seconds)
        say(neighbour, seconds, after)
        return answer
      },
    degraded: () =>
      fresh().flatMap(([neighbour, { seconds }]) => (Math.abs(seconds) > ALARM_SECONDS ? [`clock:${neighbour}`] : [])),
    isUnsure: (neighbour) => seen.get(neighbour)?.far === 1,
    stops() {
      const ofAws = fresh().filter(([neighbour]) => neighbour.startsWith(awsNeighbour('')))
      return ofAws.length > 0 && ofAws.every(([, { far }]) => far > 1)
    },
  }
}

/**
 * How many seconds the neighbour is ahead of us; `Date` has no fractions. Answers from caches are ignored: some caches
 * set their own date, some do not.
 */
function skewOf(headers: Headers, ours: number): number | undefined {
  const theirs = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(theirs) || (headers.get('age') ?? '0') !== '0') return undefined
  return (theirs + 500 - ours) / 1000
}
