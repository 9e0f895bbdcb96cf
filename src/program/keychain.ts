import type { Keychain } from '../cli/world.ts'

const SERVICE = 'rolegate'

/**
 * Keychain on macOS, Credential Manager on Windows, Secret Service on Linux and FreeBSD. Its package holds prebuilt
 * binaries and is optional: where there is none for the platform, this fails, and so it does without a Secret Service;
 * the kernel's own keyring would forget everything with the session.
 */
export async function openKeychain(): Promise<Keychain> {
  const { AsyncEntry } = await import('@napi-rs/keyring')
  const item = (account: string) => new AsyncEntry(SERVICE, account, { linux: { store: 'secret-service' } })
  return {
    get: async (account, signal) => (await item(account).getPassword(signal)) ?? undefined,
    set: (account, secret, signal) => item(account).setPassword(secret, signal),
    remove: async (account, signal) => void (await item(account).deletePassword(signal)),
  }
}
