import { Refusal } from './refusal.ts'

/** How the demo AWS is feeling. `slow` answers two seconds late; `down` is 503; `refuse-all` is AccessDenied. */
type Mood = 'normal' | 'throttle' | 'slow' | 'down' | 'refuse-all'

/** One call, stopped on its way. */
type Hold = {
  /** Resolves when the call has done its work and only its answer is withheld. */
  readonly arrived: Promise<void>
  readonly release: () => void
}

export type Behaviour = {
  /** From now on, or for the next `times` calls. */
  readonly behave: (mood: Mood, times?: number) => void
  /** Stops the next call of STS between its work and its answer. */
  readonly hold: () => Hold
  /** Passed at the start of each call of `action`: fails with what the mood says. */
  readonly begin: (action?: string) => Promise<void>
  /** Passed at the end of each call of STS. */
  readonly finish: () => Promise<void>
}

const SLOW_MILLISECONDS = 2000

export function makeBehaviour(): Behaviour {
  let mood: Mood = 'normal'
  let left = Infinity
  const holds: { arrive: () => void; released: Promise<void> }[] = []

  return {
    behave(next, times = Infinity) {
      mood = next
      left = times
    },
    hold() {
      let [arrive, release] = [() => {}, () => {}]
      const arrived = new Promise<void>((resolve) => (arrive = resolve))
      const released = new Promise<void>((resolve) => (release = resolve))
      holds.push({ arrive, released })
      return { arrived, release }
    },
    async begin(action = 'AssumeRoleWithWebIdentity') {
      const felt = left > 0 ? mood : 'normal'
      left -= 1
      if (felt === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MILLISECONDS))
      if (felt === 'throttle') throw new Refusal('Throttling', 'Rate exceeded')
      if (felt === 'down') throw new Refusal('ServiceUnavailable', 'Service is unavailable. Please try again.')
      if (felt === 'refuse-all')
        throw new Refusal('AccessDenied', `Not authorized to perform sts:${action}`, 'refuse-all')
    },
    async finish() {
      const hold = holds.shift()
      hold?.arrive()
      await hold?.released
    },
  }
}
