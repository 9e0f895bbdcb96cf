import type { IssuerSeen } from '../adapters/issuer/self-check.ts'
import type { World } from './world.ts'

const LOOK_MS = 300_000
const SAID_AGAIN_MS = 3_600_000

type Told = Exclude<IssuerSeen['state'], 'unseen'>

/**
 * Looks at our issuer as AWS does, every five minutes (threats.md K4). What is wrong there stays said until it has been seen to be
 * right: who can change an answer can also withhold it. Called every minute.
 */
export function makeIssuerWatch(
  { host, witness }: Pick<World, 'host' | 'witness'>,
  /** Undefined: AWS has no reason to look. */
  look: () => Promise<IssuerSeen | undefined>,
): { readonly tick: () => Promise<void>; readonly degraded: () => readonly string[] } {
  let lookedAt = -Infinity
  let state: Told = 'ours'
  let said: { readonly what: string; readonly at: number } = { what: 'ours', at: -Infinity }

  /** Once when it begins, and every hour while it lasts. */
  function isNews(what: string, now: number): boolean {
    if (said.what === what && now - said.at < SAID_AGAIN_MS) return false
    said = { what, at: now }
    return true
  }

  function tell(seen: IssuerSeen, now: number): void {
    if (seen.state === 'unseen') {
      if (isNews('unseen', now))
        witness.log.warn('our own issuer could not be read by its public address', { why: seen.why })
      return
    }
    const was = state
    state = seen.state
    witness.metrics.issuerSeen({ isTampered: state === 'tampered', at: host.now() })
    if (seen.state === 'tampered' && isNews(`tampered ${seen.what}`, now))
      witness.log.error(
        'SOMEBODY ELSE ANSWERS FOR OUR ISSUER: its public address does not say what we say, and AWS believes it. Cut the trust in your accounts',
        { issuer_tampered: seen.what },
      )
    if (seen.state === 'incomplete' && isNews('incomplete', now))
      witness.log.error('our key is not at the public address of our issuer: AWS takes no token of ours')
    if (seen.state !== 'ours') return
    said = { what: 'ours', at: now }
    if (was !== 'ours') witness.log.info('our issuer is as it should be again')
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
