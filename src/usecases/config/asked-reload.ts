import type { Audit, Now, RandomText } from '../ports.ts'
import type { AskedReload, AskedReloads } from '../ports/tables.ts'

const KEY = 'latest'
const GOOD_FOR_MS = 3_600_000

/** From the host: asks the gateways on the store to take up a file, on record first. */
export const makeAskReload =
  (deps: { askedReloads: AskedReloads; audit: Audit; randomText: RandomText; now: Now }) =>
  async ({ hash, acceptsLockout, by }: Omit<AskedReload, 'id'>): Promise<void> => {
    await deps.audit({ event: 'config_asked', by, configHash: hash, acceptsLockout })
    const expiresAt = new Date(deps.now().getTime() + GOOD_FOR_MS)
    await deps.askedReloads.put(KEY, { hash, acceptsLockout, by, id: deps.randomText(96) }, { expiresAt })
  }

export type AskedOnHost = {
  /** True once for each asking that came after this gateway began to listen for them. */
  isAsked(): Promise<boolean>
  /** Who said that this very file may leave no operator (threats.md R8); undefined when nobody did. */
  acceptedBy(hash: string): Promise<string | undefined>
}

export function makeAskedOnHost(deps: { askedReloads: AskedReloads }): AskedOnHost {
  let heard: { readonly id: string | undefined } | undefined
  return {
    async isAsked() {
      const asked = await deps.askedReloads.get(KEY)
      const isNew = heard !== undefined && asked !== undefined && asked.id !== heard.id
      heard = { id: asked?.id }
      return isNew
    },
    async acceptedBy(hash) {
      const asked = await deps.askedReloads.get(KEY)
      return asked?.acceptsLockout === true && asked.hash === hash ? asked.by : undefined
    },
  }
}
