import type { Mapping } from '../domain/entitlement/rule.ts'
import type { Partition } from '../domain/aws/partition.ts'
import type { ClaimMapping } from '../domain/sign-in/claims.ts'

/** rolegate.yaml, read whole, checked whole, secrets resolved. */
export type Config = {
  readonly server: {
    /** Origin without a path or trailing slash. */
    readonly publicUrl: string
    readonly listen: Listen
    readonly management: Listen
    /** CIDRs; empty: no X-Forwarded-* is ever read. */
    readonly trustedProxies: readonly string[]
  }
  /** 32 bytes each; the first seals, all open. Empty when none is configured. */
  readonly masterKeys: readonly Uint8Array[]
  readonly issuer: { readonly url: string; readonly algorithm: 'ES256' | 'RS256'; readonly tokenSeconds: number }
  readonly idps: readonly OidcIdp[]
  readonly mapping: Mapping
  readonly sts: ReadonlyMap<string, StsSettings>
  readonly sessions: {
    readonly browser: { readonly idleSeconds: number; readonly absoluteSeconds: number }
    readonly cli: {
      readonly accessSeconds: number
      readonly refreshSeconds: number
      readonly deviceLogin: boolean
      readonly deviceMaxSeconds: number
    }
  }
  readonly store: { readonly driver: 'memory' } | { readonly driver: 'sqlite'; readonly path: string }
  readonly audit: { readonly sinks: readonly AuditSink[] }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' }
}

type Listen = { readonly host: string; readonly port: number }

export type OidcIdp = {
  readonly id: string
  readonly label: string
  readonly issuer: string
  readonly clientId: string
  readonly authentication: ClientAuthentication
  readonly scopes: readonly string[]
  /** Signature algorithms taken from this IdP (security.md O-2). */
  readonly algorithms: readonly string[]
  /** http is allowed, on loopback only: the demo and development. */
  readonly allowHttp: boolean
  readonly groupsFrom: 'id_token' | 'userinfo'
  readonly mapping: ClaimMapping
}

export type ClientAuthentication =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly pem: string }

/** One way to AWS: `sts.<name>`. */
export type StsSettings = {
  readonly name: string
  readonly partition: Partition
  readonly region: string
  readonly audience: string
  /** In place of the partition's own STS and sign-in hosts. */
  readonly endpoint?: string
  readonly federationEndpoint?: string
  readonly consoleHosts?: readonly string[]
}

export type AuditSink =
  { readonly type: 'file'; readonly path: string } | { readonly type: 'store' } | { readonly type: 'stdout' }
