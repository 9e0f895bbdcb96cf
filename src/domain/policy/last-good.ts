import type { Emergency } from '../emergency/emergency.ts'
import type { EpochRow } from './epoch.ts'

/** The files of the configuration that was last in force, as they were read. */
export type LastGood = {
  readonly hash: string
  /** When it came into force the last time; ISO 8601. */
  readonly at: string
  /** The main one first; named from its folder. */
  readonly files: readonly { readonly name: string; readonly text: string }[]
}

/** Who may vouch for people and jobs, by the name the file gives them, and all that says who that is and for whom. */
export type Vouchers = ReadonlyMap<string, string>

/**
 * Why a remembered configuration must not replace a broken file (threats.md R10); undefined if it may. If the file
 * might have closed something since, or if that cannot be known, the old one is not used.
 */
export function whyNotLastGood(
  { hash, at }: Pick<LastGood, 'hash' | 'at'>,
  since: {
    readonly epoch: EpochRow | undefined
    readonly emergency: Emergency
    /** Of the copy, and of the file on disk as far as that can be read. */
    readonly vouchers: Vouchers | undefined
    readonly onDisk: Vouchers | undefined
  },
): string | undefined {
  if (since.epoch?.hash !== hash) return 'another configuration has come into force on this store since'
  const { changedAt = '', denies, revocations } = since.emergency
  const changes = [changedAt, ...denies.map((deny) => deny.since), ...revocations.map(({ before }) => before)]
  if (changes.some((change) => change >= at))
    return 'something was closed, ended or opened with rolegate admin since, and the file may say more of that'
  if (since.onDisk === undefined || since.vouchers === undefined)
    return '`idps` and `workloads` of the file on disk cannot be read, so one may have been removed there'
  const gone = [...since.vouchers].find(([id, who]) => since.onDisk?.get(id) !== who)
  return gone && `${gone[0]} is no longer trusted by the file on disk, or not as it was`
}
