import type { Keychain } from '../cli/world.ts'

const SERVICE = 'rolegate'

/**
 * Keychain on macOS, Credential Manager on Windows, Secret Service on Linux and FreeBSD. The package has prebuilt
 * binaries and is optional: this fails where there is none for the platform, and where there is no Secret Service. The
 * Linux kernel's keyring is not used: it forgets everything at logout.
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
