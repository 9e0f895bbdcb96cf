import type { Staff } from '../domain/admin/standing.ts'
import type { Redactable } from '../domain/audit/redact.ts'
import type { Mapping } from '../domain/entitlement/rule.ts'
import type { OldestGroups } from '../domain/device/closing.ts'
import type { Egress } from '../domain/aws/trust-policy/generate.ts'
import type { Partition } from '../domain/aws/partition.ts'
import type { PolicyTest } from '../domain/policy/policy.ts'
import type { ClaimMapping } from '../domain/sign-in/claims.ts'
import type { WorkloadMapping } from '../domain/sign-in/workload.ts'

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
  readonly idps: readonly Idp[]
  readonly workloads: readonly Workload[]
  readonly mapping: Mapping
  /** IdP → group id → friendly name, for the IdPs that have names. For people to read; no decision uses them. */
  readonly groupNames: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly sts: ReadonlyMap<string, StsSettings>
  readonly sessions: {
    readonly oldestGroups: OldestGroups
    readonly browser: { readonly idleSeconds: number; readonly absoluteSeconds: number }
    readonly cli: {
      readonly accessSeconds: number
      readonly refreshSeconds: number
      /** Of each IdP: how its people's terminals may sign in. */
      readonly login: ReadonlyMap<string, ReadonlySet<LoginWay>>
      /** PKCE taken up from another network than it was approved in. */
      readonly crossNetwork: 'downgrade' | 'refuse'
      readonly device: DevicePolicy
    }
  }
  /** The operator's own, by name: CIDRs. */
  readonly networks: Readonly<Record<string, readonly string[]>>
  /** Hand-overs a minute. */
  readonly handOverLimits: { readonly person: number; readonly workload: number; readonly role?: number | undefined }
  readonly identityCenter: { readonly startHost: string; readonly region: string }
  readonly store: { readonly driver: 'memory' } | { readonly driver: 'sqlite'; readonly path: string }
  readonly audit: { readonly sinks: readonly AuditSink[]; readonly redact: readonly Redactable[] }
  /** Whether `/metrics` answers. */
  readonly metrics: boolean
  readonly reload: { readonly maxStaleSeconds: number }
  readonly admin: Staff
  /** The questions the file's rules answered before it was taken. */
  readonly tests: readonly PolicyTest[]
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' }
}

/** How a terminal signs in: through a browser beside it, or with a code typed into any browser. */
export type LoginWay = 'pkce' | 'device'

type DevicePolicy = {
  readonly maxSeconds: number
  readonly crossNetwork: 'retype' | 'refuse'
  readonly console: boolean
  /** Aliases such a session may not enter. */
  readonly except: ReadonlySet<string>
}

type Listen = { readonly host: string; readonly port: number }

export type Idp = OidcIdp | SamlIdp

export type OidcIdp = {
  readonly type: 'oidc'
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
  /** Of Google Workspace: whose people may sign in. */
  readonly hostedDomains?: readonly string[]
  /** Google's directory is asked for the groups of everybody who signs in. */
  readonly googleDirectory?: GoogleDirectory
  /** Microsoft Graph is asked where Entra left the groups out. */
  readonly overage?: { readonly endpoint: string; readonly else: 'fail' | 'warn' }
  /** Their directory is asked again between sign-ins. */
  readonly recheck?: { readonly everySeconds: number; readonly else: 'fail' | 'warn' }
}

type GoogleDirectory = {
  readonly endpoint: string
  readonly tokenEndpoint: string
  readonly impersonate: string
  readonly nested: boolean
  readonly by: 'email' | 'id'
  readonly account: ServiceAccount
}

/** A service account of Google's, by its key. */
export type ServiceAccount = { readonly email: string; readonly keyId?: string; readonly pem: string }

export type SamlIdp = {
  readonly type: 'saml'
  readonly id: string
  readonly label: string
  /** `sum`: a checksum of the file as it was when the configuration was read. Another sum means other IdP settings. */
  readonly metadata: { readonly file: string; readonly sum?: string } | { readonly url: string }
  /** Signs the metadata: then it must be signed. */
  readonly metadataCertificatePem?: string
  readonly entityId?: string
  /** Signs our requests; absent: none is signed. */
  readonly signing?: { readonly keyPem: string; readonly certificatePem: string }
  readonly decryption?: { readonly keyPem: string; readonly certificatePem?: string }
  readonly skewSeconds: number
  readonly forceAuthn: boolean
  readonly contexts: readonly string[]
  readonly allow: {
    readonly http: boolean
    readonly idpInitiated: boolean
    readonly sha1: boolean
    readonly cbc: boolean
  }
  readonly mapping: ClaimMapping
}

/** An issuer of tokens for jobs and containers: `workloads[]`. */
export type Workload = {
  readonly label: string
  /** Of tokens traded for a session. */
  readonly audience: string
  /** Of tokens shown at the containers' own address. */
  readonly containerAudience: string
  readonly algorithms: readonly string[]
  readonly allowHttp: boolean
  readonly maxSeconds: number
  readonly mapping: WorkloadMapping
}

export type ClientAuthentication =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly pem: string; readonly certificatePem?: string }

/** One way to AWS: `sts.<name>`. */
export type StsSettings = {
  readonly name: string
  readonly partition: Partition
  readonly region: string
  readonly audience: string
  /** Strategy `saml`. */
  readonly saml?: SamlWay
  /** Strategies `pass_through_…`. Neither this nor `saml`: `web_identity`. */
  readonly passThrough?: PassThroughWay
  /** Where our calls to AWS come from: for the trust policies that are printed from the file (threats.md F3). */
  readonly egress?: Egress
  /** It has none on purpose. */
  readonly acceptsNoPin?: true
  /** In place of the partition's own STS and sign-in hosts. */
  readonly endpoint?: string
  readonly federationEndpoint?: string
  readonly consoleHosts?: readonly string[]
}

/** How our assertions reach AWS. */
type SamlWay = {
  /** Of the IAM SAML provider in each account. */
  readonly providerName: string
  /** AWS's SAML sign-in address in place of the partition's own. */
  readonly endpoint?: string
  readonly encryptionCertificatePem?: string
}

/** The IdP's own assertion reaches AWS, in place of ours (threats.md F7). */
export type PassThroughWay = { readonly idp: string } & (
  | { readonly type: 'saml'; readonly providerName: string; readonly endpoint?: string }
  | { readonly type: 'oidc'; readonly clientId: string; readonly authentication: ClientAuthentication }
)

export type AuditSink =
  | { readonly type: 'file'; readonly path: string }
  /** Without an end its records stay. */
  | { readonly type: 'store'; readonly retainSeconds?: number }
  | { readonly type: 'stdout' }
