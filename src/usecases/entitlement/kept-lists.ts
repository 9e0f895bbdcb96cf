import type { RuleIndex } from '../../domain/entitlement/compile.ts'
import type { Moment, NotedMoment } from './moment.ts'

/** Of all lists together, in hundreds of bytes: 40 MB. */
const MOST_WEIGHT = 400_000

type Kept<List> = { readonly list: List; readonly madeAt: NotedMoment; readonly weight: number }

/** A cache of lists, each valid while making it again would give the same. The least recently used go first. */
export type KeptLists<List> = {
  /**
   * A list made by these rules (which include the emergency denies in force), for this key, that is right at this
   * moment too.
   */
  find(index: RuleIndex, key: string, moment: Moment): List | undefined
  keep(index: RuleIndex, key: string, kept: Kept<List>): void
}

export function makeKeptLists<List>(most = MOST_WEIGHT): KeptLists<List> {
  const held = new Map<string, Kept<List>>()
  let madeBy: RuleIndex | undefined
  let weight = 0

  function forget(key: string): void {
    weight -= held.get(key)?.weight ?? 0
    held.delete(key)
  }

  return {
    find(index, key, moment) {
      const known = index === madeBy ? held.get(key) : undefined
      if (known?.madeAt.isLike(moment) !== true) return undefined
      held.delete(key)
      held.set(key, known)
      return known.list
    },
    keep(index, key, kept) {
      if (index !== madeBy) {
        held.clear()
        weight = 0
        madeBy = index
      }
      forget(key)
      held.set(key, kept)
      weight += kept.weight
      for (const oldest of held.keys()) {
        if (weight <= most) break
        forget(oldest)
      }
    },
  }
}
