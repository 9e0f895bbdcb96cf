import type { EpochRow } from '../../domain/policy/epoch.ts'
import type { Now } from '../ports.ts'
import type { ConfigEpochs } from '../ports/tables.ts'

export type ConfigEpoch = {
  /**
   * Records which configuration this gateway has from now on. It counts as the newest if no gateway had it before, or
   * if it is a reload of whoever had the newest. If it was replaced before, and a gateway that has a newer one is
   * alive, it is older and stays so.
   */
  claim(hash: string, how: 'start' | 'reload'): Promise<void>
  /** Asks the store; once more before anything is handed over (threats.md H5). */
  refresh(): Promise<void>
  /** Whether another gateway has had a newer configuration for ten seconds: then this one issues nothing (threats.md R9). */
  isBehind(): boolean
  /** Says that it is still here, and tries again what could not be said. */
  tick(): Promise<void>
  /** Says that it is no longer. */
  leave(): Promise<void>
}

export const EPOCH_KEY = 'in-force'
const GRACE_MS = 10_000
const SAID_AGAIN_MS = 10_000
const GONE_MS = 30_000
const MOST_FORMER = 50

type Mine = {
  readonly hash: string
  readonly how: 'start' | 'reload'
  readonly epoch: number
  readonly said: boolean
  /** It was older when this process started with it, and not replaced under its hands. */
  readonly startedBehind: boolean
}

export function makeConfigEpoch(deps: {
  configEpochs: ConfigEpochs
  /** Names this process among those on the store. */
  id: string
  now: Now
}): ConfigEpoch {
  const { configEpochs, id } = deps
  let mine: Mine | undefined
  let newerSince: Date | undefined

  const stamp = () => deps.now().toISOString()
  const isLive = (seen: string): boolean => deps.now().getTime() - new Date(seen).getTime() < GONE_MS
  const hasOtherHolder = ({ holders }: EpochRow): boolean =>
    Object.entries(holders).some(([holder, seen]) => holder !== id && isLive(seen))
  const withMe = (row: EpochRow): EpochRow => ({
    ...row,
    holders: { ...Object.fromEntries(Object.entries(row.holders).filter(([, seen]) => isLive(seen))), [id]: stamp() },
  })

  function hear(row: EpochRow | undefined): void {
    if (mine === undefined || row === undefined) return
    if (row.hash === mine.hash) mine = { ...mine, epoch: row.epoch }
    newerSince = row.hash !== mine.hash && row.epoch > mine.epoch ? new Date(row.since) : undefined
  }

  async function claim(hash: string, how: 'start' | 'reload'): Promise<void> {
    try {
      await configEpochs.createIfAbsent(EPOCH_KEY, { epoch: 1, hash, since: stamp(), former: [], holders: {} })
      const row = await configEpochs.update(EPOCH_KEY, (kept) => {
        const next = successorOf(kept, hash, mine?.hash === kept.hash && how === 'reload')
        return { next, answer: next }
      })
      const isNewest = row?.hash === hash
      const startedBehind = how === 'start' && !isNewest
      mine = { hash, how, epoch: isNewest ? row.epoch : 0, said: row !== undefined, startedBehind }
      hear(row)
    } catch (thrown) {
      mine = { hash, how, epoch: 0, said: false, startedBehind: false }
      throw thrown
    }
  }

  function successorOf(row: EpochRow, hash: string, inPlaceOfNewest: boolean): EpochRow {
    if (row.hash === hash) return withMe(row)
    if (row.former.includes(hash) && !inPlaceOfNewest && hasOtherHolder(row)) return row
    const former = [row.hash, ...row.former.filter((one) => one !== hash)].slice(0, MOST_FORMER)
    return { epoch: row.epoch + 1, hash, since: stamp(), former, holders: { [id]: stamp() } }
  }

  const refresh = async (): Promise<void> => hear(await configEpochs.get(EPOCH_KEY))

  return {
    claim,
    refresh,
    isBehind: () => newerSince !== undefined && deps.now().getTime() - newerSince.getTime() >= GRACE_MS,
    async tick() {
      if (mine === undefined) return
      const row = await configEpochs.get(EPOCH_KEY)
      hear(row)
      // This process started with an older file while another gateway had a newer one, and that gateway is gone: now
      // this one is the newest there is.
      const isAlone = mine.startedBehind && newerSince !== undefined && row !== undefined && !hasOtherHolder(row)
      if (!mine.said || row === undefined || isAlone) return claim(mine.hash, mine.how)
      const seen = row.holders[id]
      const isDue = seen === undefined || deps.now().getTime() - new Date(seen).getTime() >= SAID_AGAIN_MS
      if (row.hash !== mine.hash || !isDue) return
      const { hash } = mine
      await configEpochs.update(EPOCH_KEY, (kept) => ({ next: kept.hash === hash ? withMe(kept) : kept, answer: true }))
    },
    async leave() {
      await configEpochs.update(EPOCH_KEY, (kept) => {
        const { [id]: _gone, ...holders } = kept.holders
        return { next: { ...kept, holders }, answer: true }
      })
    },
  }
}
