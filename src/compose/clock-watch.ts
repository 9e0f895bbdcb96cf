import type { Host } from './host.ts'
import type { Witness } from './witness.ts'

const ALARM_SECONDS = 30
const STOP_SECONDS = 120
/** What nobody has said for so long is not held against anybody. */
const FRESH_MS = 600_000
const SAID_AGAIN_MS = 3_600_000

export type ClockWatch = {
  /** The same fetch, which also reads what time it is at this neighbour. */
  watching(neighbour: string, ask: typeof fetch): typeof fetch
  /** `clock:NEIGHBOUR` for each whose clock differs from ours by more than thirty seconds. */
  degraded(): readonly string[]
  /** Whether our clock differs from every AWS we asked by more than two minutes: then nothing may be issued. */
  stops(): boolean
}

/** What neighbours that are AWS are called. */
export const awsNeighbour = (sts: string): string => `sts:${sts}`

/**
 * How far our clock is from those of our neighbours, by the `Date` of what they answer (threats.md F10): a gateway that is fast signs
 * what is not yet valid, and one that is slow signs what lives longer than its records say.
 */
export function makeClockWatch({ host, witness }: { readonly host: Host; readonly witness: Witness }): ClockWatch {
  const seen = new Map<string, { readonly seconds: number; readonly at: number }>()
  const saidAt = new Map<string, number>()

  const fresh = () => [...seen].filter(([, { at }]) => Math.abs(host.now().getTime() - at) < FRESH_MS)

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
        if (seconds === undefined) return answer
        seen.set(neighbour, { seconds, at: after })
        witness.metrics.clockSkew(neighbour, seconds)
        say(neighbour, seconds, after)
        return answer
      },
    degraded: () =>
      fresh().flatMap(([neighbour, { seconds }]) => (Math.abs(seconds) > ALARM_SECONDS ? [`clock:${neighbour}`] : [])),
    stops() {
      const ofAws = fresh().filter(([neighbour]) => neighbour.startsWith(awsNeighbour('')))
      return ofAws.length > 0 && ofAws.every(([, { seconds }]) => Math.abs(seconds) > STOP_SECONDS)
    },
  }
}

/** How many seconds they are ahead of us. `Date` is cut to the second. What lay in a cache says nothing: some put in their own, and some not. */
function skewOf(headers: Headers, ours: number): number | undefined {
  const theirs = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(theirs) || (headers.get('age') ?? '0') !== '0') return undefined
  return (theirs + 500 - ours) / 1000
}
