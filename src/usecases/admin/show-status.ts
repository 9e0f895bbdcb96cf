import { lastCredentialAfter, type LastCredential } from '../../domain/admin/last-credential.ts'
import type { RuleIndex } from '../../domain/entitlement/compile.ts'
import type { CurrentRules, IdentityProvider } from '../ports.ts'

/** The configuration in force, as far as its operators want to know how it came to be. */
export type InForce = {
  /** Names it in records. */
  readonly hash: string
  readonly loadedAt: Date
  /** Where its files are; the main one first. */
  readonly files: readonly string[]
  /** A line each. */
  readonly warnings: readonly string[]
  /** Questions of its own that it answered as written when it was loaded. */
  readonly testCount: number
  /** Longest browser session. */
  readonly absoluteSeconds: number
  /** What is on disk, and not in force. */
  readonly onDisk: {
    /** When it was first refused, and its first fault; absent: it is in force. */
    readonly refusedSince: Date | undefined
    readonly fault: string | undefined
    /** It changes what a running process cannot take up. */
    readonly needsRestart: boolean
  }
}

export type Status = Omit<InForce, 'absoluteSeconds'> & {
  readonly counts: { readonly accounts: number; readonly roles: number; readonly rules: number }
  readonly lastCredential: LastCredential
  readonly idps: readonly {
    readonly id: string
    readonly label: string
    readonly protocol: 'oidc' | 'saml'
    readonly ready: boolean
  }[]
}

export type ShowStatus = () => Status

/** How the gateway is, for operators and auditors. */
export function makeShowStatus(deps: {
  inForce: () => InForce
  rules: CurrentRules
  providers: ReadonlyMap<string, IdentityProvider>
}): ShowStatus {
  return function showStatus() {
    const { absoluteSeconds, ...inForce } = deps.inForce()
    return {
      ...inForce,
      counts: countsOf(deps.rules()),
      lastCredential: lastCredentialAfter({ absoluteSeconds }),
      idps: [...deps.providers.values()].map((provider) => ({
        id: provider.id,
        label: provider.label,
        protocol: provider.saml === undefined ? 'oidc' : 'saml',
        ready: provider.isReady(),
      })),
    }
  }
}

const countsOf = ({ mapping }: RuleIndex): Status['counts'] => ({
  accounts: mapping.accounts.size,
  roles: mapping.roles.size,
  rules: mapping.rules.length,
})
