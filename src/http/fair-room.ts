/** Room for so many at once. */
export type FairRoom = {
  /**
   * Answers how to leave, or undefined where there is no room. `giveWay` is called on somebody inside whose group holds most, when
   * somebody of a group that holds fewer comes: they have left then.
   */
  enter(who: Guest, giveWay: () => void): (() => void) | undefined
}

/** Of one network there is a limit; where all is full, groups of networks share. */
type Guest = { readonly network: string; readonly group: string }
type Place = { readonly giveWay: () => void; readonly leave: () => void }

export function makeFairRoom({ most, mostOfOne }: { most: number; mostOfOne: number }): FairRoom {
  const networks = new Map<string, number>()
  /** Oldest first. */
  const groups = new Map<string, Set<Place>>()
  let all = 0

  const heldBy = (group: string): number => groups.get(group)?.size ?? 0

  /** Makes room at the cost of the group that holds most, if that holds more even after it has given way. */
  function makeRoomFor(group: string): boolean {
    const [largest] = [...groups.values()].toSorted((a, b) => b.size - a.size)
    const [oldest] = largest ?? []
    if (largest === undefined || oldest === undefined || largest.size <= heldBy(group) + 1) return false
    oldest.leave()
    oldest.giveWay()
    return true
  }

  return {
    enter({ network, group }, giveWay) {
      const held = networks.get(network) ?? 0
      if (held >= mostOfOne || (all >= most && !makeRoomFor(group))) return undefined
      const places = groups.get(group) ?? new Set<Place>()
      const place: Place = {
        giveWay,
        leave() {
          if (!places.delete(place)) return
          if (places.size === 0) groups.delete(group)
          const left = (networks.get(network) ?? 0) - 1
          if (left === 0) networks.delete(network)
          else networks.set(network, left)
          all -= 1
        },
      }
      groups.set(group, places.add(place))
      networks.set(network, (networks.get(network) ?? 0) + 1)
      all += 1
      return place.leave
    },
  }
}
