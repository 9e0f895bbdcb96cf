import type { IssuerSeen } from '../adapters/issuer/self-check.ts'
import type { World } from './world.ts'

const LOOK_MS = 300_000
/**
 * How long a suspicion lasts. Five minutes later a cache may hide what was seen, and if one of many servers is bad, its
 * answers are rare.
 */
const SUSPECTED_MS = 86_400_000
const SAID_AGAIN_MS = 3_600_000

type Told = Exclude<IssuerSeen['state'], 'unseen'>

/**
 * Looks at our issuer as AWS does, every five minutes (threats.md K4). One bad look is a suspicion, a second within a
 * day a finding. A finding stays until the issuer has been seen to be right: whoever can change an answer can also
 * withhold it. Called every minute.
 */
export function makeIssuerWatch(
  { host, witness }: Pick<World, 'host' | 'witness'>,
  /** Undefined: AWS has no reason to look. */
  look: () => Promise<IssuerSeen | undefined>,
): { readonly tick: () => Promise<void>; readonly degraded: () => readonly string[] } {
  const { log, metrics } = witness
  let [lookedAt, suspectedAt] = [-Infinity, -Infinity]
  let state: Told = 'ours'
  let unseenInARow = 0
  /** What is wrong, and when we last said so. */
  const saidAt = new Map<string, number>()

  /** True when it begins, and every hour while it lasts, whatever else comes between. */
  function isNews(what: string, now: number): boolean {
    if (now - (saidAt.get(what) ?? -Infinity) < SAID_AGAIN_MS) return false
    saidAt.set(what, now)
    return true
  }

  function tell(seen: IssuerSeen, now: number): void {
    if (seen.state === 'unseen') return miss(seen.why, now)
    unseenInARow = 0
    const isFinding = state !== 'ours' || now - suspectedAt < SUSPECTED_MS
    // Once `tampered`, only `ours` changes it: `incomplete` would play it down.
    if (seen.state === 'ours' || (isFinding && state !== 'tampered')) state = seen.state
    if (seen.state !== 'ours') suspectedAt = now
    metrics.issuerSeen({ isTampered: state === 'tampered', at: host.now() })
    if (seen.state === 'ours') return end()
    if (isFinding) return find(seen, now)
    if (isNews('suspicion', now))
      log.warn(
        'the public address of our issuer does not say what this gateway says: it is looked at again in five minutes',
      )
  }

  function miss(why: string, now: number): void {
    unseenInARow += 1
    metrics.issuerUnseen(host.now())
    if (unseenInARow > 1 && isNews('unseen', now))
      log.warn('our own issuer could not be read by its public address', { why })
  }

  function find(seen: Exclude<IssuerSeen, { state: 'unseen' }>, now: number): void {
    if (seen.state === 'tampered' && isNews(`tampered ${seen.what}`, now))
      log.error(
        'NOT OURS AT THE PUBLIC ADDRESS OF OUR ISSUER: either this gateway is on another store than the one AWS knows, or somebody else answers there, and AWS believes them. How to tell, and what to do: docs/how-to/issuer-watch.md',
        { issuer_tampered: seen.what },
      )
    if (seen.state === 'incomplete' && isNews('incomplete', now))
      log.error('our key is not at the public address of our issuer: AWS takes no token of ours')
  }

  function end(): void {
    if (saidAt.size > 0) log.info('our issuer is as it should be again')
    saidAt.clear()
  }

  return {
    async tick() {
      const now = host.now().getTime()
      if (now - lookedAt < LOOK_MS) return
      lookedAt = now
      const seen = await look()
      if (seen !== undefined) tell(seen, now)
    },
    degraded: () => (state === 'ours' ? [] : [`issuer:${state}`]),
  }
}
