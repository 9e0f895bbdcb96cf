import { makeSamlProvider, type SamlSettings } from '../../../src/adapters/saml/provider.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { PendingSaml } from '../../../src/domain/sign-in/attempt.ts'
import { idpMetadata, NOW, REQUEST_ID, SKEW_SECONDS, sp } from '../../support/saml/a-saml-world.ts'

export const RELAY_STATE = '0a1b2c3d.AAAAAAAAAAAAAAAAAAAAAA'

export const pending: PendingSaml = { kind: 'saml', state: RELAY_STATE, requestId: REQUEST_ID, startedAt: NOW }

const pem = (key: typeof sp.privateKey): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

/** What our own side signs and decrypts with. */
export const OUR_KEY = { keyPem: pem(sp.privateKey), certificatePem: sp.certificate }

/** The gateway's SAML provider for the IdP of test/support/saml, on a clock of its own. */
export function aSamlProvider({
  settings = {},
  allow = {},
  metadata = idpMetadata(),
  withoutDecryption = false,
}: {
  settings?: Partial<SamlSettings>
  withoutDecryption?: boolean
  allow?: Partial<SamlSettings['allow']>
  metadata?: string | Error
} = {}) {
  const world = { now: NOW, metadata, reads: 0 }
  const warnings: { what: string; facts: object }[] = []
  const store = makeMemoryStore({ now: () => world.now })
  const provider = makeSamlProvider({
    settings: {
      id: 'contractors',
      label: 'Contractors',
      metadata: { url: 'https://idp.example.com/saml' },
      ...(!withoutDecryption && { decryption: OUR_KEY }),
      skewSeconds: SKEW_SECONDS,
      forceAuthn: false,
      contexts: [],
      allow: { idpInitiated: false, sha1: false, cbc: false, http: false, ...allow },
      ...settings,
    },
    base: 'https://gate.example.com/saml/contractors',
    async readMetadata() {
      world.reads += 1
      if (world.metadata instanceof Error) throw world.metadata
      return world.metadata
    },
    kept: makeTable(store, 'idp-metadata'),
    isTaken: (entityId) => entityId === 'https://taken.example.com/',
    randomText: (bits) => Buffer.from(crypto.getRandomValues(new Uint8Array(bits / 8))).toString('base64url'),
    now: () => world.now,
    warn: (what, facts) => warnings.push({ what, facts }),
  })
  return {
    provider,
    world,
    warnings,
    complete: (field: string, changed: Partial<PendingSaml> = {}) =>
      provider.complete(
        {
          parameters: new Map([
            ['SAMLResponse', field],
            ['RelayState', RELAY_STATE],
          ]),
        },
        { ...pending, ...changed },
      ),
  }
}
