import type { Host } from './host.ts'
import type { Witness } from './witness.ts'

const ALARM_SECONDS = 30
const STOP_SECONDS = 120
/** An answer that took longer, or during which our clock was set, does not say when it was given. */
const MOST_ASKING_MS = 5_000
/** What nobody has said for so long is not held against anybody. */
const FRESH_MS = 600_000
const SAID_AGAIN_MS = 3_600_000

export type ClockWatch = {
  /** The same fetch, which also reads what time it is at this neighbour. */
  watching(neighbour: string, ask: typeof fetch): typeof fetch
  /** `clock:NEIGHBOUR` for each whose clock differs from ours by more than thirty seconds. */
  degraded(): readonly string[]
  /** Whether its last answer was the first to be minutes away: it does not count yet, and is asked for again. */
  isUnsure(neighbour: string): boolean
  /** Whether our clock differs from every AWS we asked by more than two minutes, twice in a row: then nothing may be issued. */
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
 * How far our clock is from those of our neighbours, by the `Date` of what they answer (threats.md F10): a gateway that is fast signs
 * what is not yet valid, and one that is slow signs what lives longer than its records say.
 */
export function makeClockWatch({ host, witness }: { readonly host: Host; readonly witness: Witness }): ClockWatch {
  const seen = new Map<string, Seen>()
  const saidAt = new Map<string, number>()

  const isFresh = ({ at }: Seen) => Math.abs(host.now().getTime() - at) < FRESH_MS
  const fresh = () => [...seen].filter(([, one]) => isFresh(one))

  /** One answer may be wrong alone, as that of a machine in between: it takes two to stop us. */
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

/** How many seconds they are ahead of us. `Date` is cut to the second. What lay in a cache says nothing: some put in their own, and some not. */
function skewOf(headers: Headers, ours: number): number | undefined {
  const theirs = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(theirs) || (headers.get('age') ?? '0') !== '0') return undefined
  return (theirs + 500 - ours) / 1000
}
