import { failure } from '../failure.ts'
import { oneLine } from '../server-text.ts'
import type { CliWorld, Keychain } from '../world.ts'
import type { TokenPlace } from './token-file.ts'

/** A person may have to find the password of their keychain. */
export const PATIENCE_MS = 120_000
const SLOW_MS = 3_000

/**
 * The keychain of this machine, one item for each gateway: whoever is asked to unlock it is asked once (ux.md 7). Fails
 * with `config_invalid` when there is none that works.
 */
export function makeTokenKeychain(world: CliWorld, say: (line: string) => void): TokenPlace {
  const ask = async <T>(origin: string, work: (keychain: Keychain, signal: AbortSignal) => Promise<T>): Promise<T> => {
    const slow = world.timeout(SLOW_MS)
    const explain = () => say(`Waiting for the keychain of this machine: it keeps the sign-in at ${origin}.`)
    slow.addEventListener('abort', explain, { once: true })
    try {
      const signal = AbortSignal.any([world.interrupted, world.timeout(PATIENCE_MS)])
      return await work(await world.keychain(), signal)
    } catch (thrown) {
      if (world.interrupted.aborted) throw thrown
      throw noKeychain(thrown)
    } finally {
      slow.removeEventListener('abort', explain)
    }
  }
  return {
    read: (origin) => ask(origin, (keychain, signal) => keychain.get(origin, signal)),
    write: (origin, tokens) => ask(origin, (keychain, signal) => keychain.set(origin, tokens, signal)),
    remove: (origin) => ask(origin, (keychain, signal) => keychain.remove(origin, signal)),
  }
}

function noKeychain(cause: unknown) {
  const because = cause instanceof Error ? cut(oneLine(cause.message)) : 'for no reason it gives'
  return failure(
    'config_invalid',
    {
      title: 'The keychain of this machine cannot be used',
      detail: `Reason: ${because.replace(/\.$/, '')}.`,
      next: 'To keep the sign-in in an encrypted file instead: ROLEGATE_TOKEN_STORE=file',
    },
    { cause },
  )
}

const LONGEST = 200

/** At a word's end. */
const cut = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST).replace(/\s+\S*$/, '')} …`
