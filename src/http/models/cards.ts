import type { ShownRequest } from '../../usecases/request/see-requests.ts'

/** A role as the portal lists it. `href` is `/roles/<alias>/<key>`. */
export type RoleCard = {
  readonly key: string
  readonly summary: string
  readonly elevated: boolean
  readonly href: string
  /** `12h`, `1h30m` */
  readonly max: string
  /** Where one click opens the console; absent where the page of the role comes first. */
  readonly consoleAction?: string
  /** It cannot be taken now, and why. */
  readonly closed?: { readonly state: 'needs_approval' | 'not_now' | 'pending'; readonly why?: string }
  /** Somebody has approved it until then. */
  readonly grantedUntil?: Date
}

export type AccountCard = {
  readonly alias: string
  readonly id: string
  readonly name: string
  readonly environment?: string
  readonly color?: string
  readonly owner?: string
  readonly roles: readonly RoleCard[]
}

/** A request for a role that takes an approval. */
export type RequestCard = {
  readonly href: string
  readonly role: string
  /** Absent once the file has no such role any more. */
  readonly account?: Omit<AccountCard, 'roles'>
  readonly elevated?: boolean
  readonly requester: { readonly username: string; readonly idpLabel: string; readonly email?: string }
  readonly reason: string
  /** `4h`, as asked for. */
  readonly length: string
  readonly askedAt: Date
  readonly expiresAt: Date
  readonly standing: ShownRequest['standing']
  readonly answer?: {
    readonly by: string
    readonly at: Date
    readonly note?: string
    /** `2h`, as a yes gave it. */
    readonly length?: string
  }
  /** Before its time was over: `gina@example.com gave it back`. */
  readonly ended?: { readonly how: string; readonly at: Date }
  /** Of what is approved. */
  readonly until?: Date
}

/** One printed form of the credentials: label for people, id for the tab, text to copy. */
export type PrintedForm = { readonly id: string; readonly label: string; readonly text: string }

/** An address, and what the operator calls its network. */
export type Place = { readonly address: string; readonly network?: string }

/** A length to choose. */
export type Length = { readonly seconds: number; readonly label: string; readonly selected: boolean }
