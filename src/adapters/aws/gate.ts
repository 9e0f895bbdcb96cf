import { notAsked } from '../../domain/aws/not-asked.ts'
import type { RolegateError } from '../../domain/errors.ts'

export type GateLimits = {
  /** At once, of everybody together. */
  readonly inAll: number
  /** At once, under one name. */
  readonly ofOne: Readonly<Record<string, number>>
  readonly mostWaiting: number
  readonly longestWaitMs: number
  /** The refusal for whoever finds no place; by default, that AWS is busy. */
  readonly refusal?: (names: Names) => RolegateError
}

/** Who asks, by each kind of name that `ofOne` has a limit for: `{ person: …, account: … }`. */
type Names = Readonly<Record<string, string>>
type Waiting = { readonly places: readonly Place[]; readonly enter: () => void }
type Place = { readonly name: string; readonly most: number }

/**
 * Limits how many requests a neighbour gets at once, so that nobody takes all the connections (threats.md P7,
 * security.md V-15). Whoever finds no place waits a moment, in order of arrival among those whose own limits allow it,
 * and is then refused.
 */
export function makeGate(
  { inAll, ofOne, mostWaiting, longestWaitMs, refusal = tooMany }: GateLimits,
  later: Later = afterMs,
) {
  const kinds = Object.entries(ofOne)
  const inside = new Map<string, number>()
  const waiting = new Set<Waiting>()
  let all = 0

  const countOf = (name: string): number => inside.get(name) ?? 0
  const hasRoom = (places: readonly Place[]): boolean =>
    all < inAll && places.every(({ name, most }) => countOf(name) < most)

  function move(places: readonly Place[], by: 1 | -1): void {
    all += by
    for (const { name } of places) {
      const count = countOf(name) + by
      if (count > 0) inside.set(name, count)
      else inside.delete(name)
    }
  }

  function leave(places: readonly Place[]): void {
    move(places, -1)
    for (const next of waiting) {
      if (all >= inAll) return
      if (hasRoom(next.places)) next.enter()
    }
  }

  async function enter(places: readonly Place[], names: Names): Promise<void> {
    if (hasRoom(places)) return move(places, 1)
    if (waiting.size >= mostWaiting) throw refusal(names)
    await new Promise<void>((resolve, reject) => {
      const one: Waiting = {
        places,
        enter() {
          giveUp.cancel()
          waiting.delete(one)
          move(places, 1)
          resolve()
        },
      }
      const giveUp = later(longestWaitMs, () => {
        waiting.delete(one)
        reject(refusal(names))
      })
      waiting.add(one)
    })
  }

  return {
    async through<Out>(names: Names, ask: () => Promise<Out>): Promise<Out> {
      const places = kinds.map(([kind, most]) => ({ name: `${kind} ${names[kind] ?? ''}`, most }))
      await enter(places, names)
      try {
        return await ask()
      } finally {
        leave(places)
      }
    },
  }
}

type Later = (ms: number, run: () => void) => { cancel(): void }

const afterMs: Later = (ms, run) => {
  const timer = setTimeout(run, ms)
  return { cancel: () => clearTimeout(timer) }
}

const tooMany = () => notAsked('too_many_at_once', 1)
