import type { ApprovalFault, Checks } from '../../domain/device/approval.ts'
import type { DeviceClaims } from '../../domain/device/device-login.ts'
import type { Terminal } from '../../domain/sign-in/session.ts'
import type { Given } from '../terminal-card.ts'
import type { PrintedForm } from './cards.ts'

/** Of terminals: how one is set up, signed in and ended. */
export type TerminalPages = {
  /** What to paste, so that the stock AWS CLI signs in here. */
  setup: {
    readonly host: string
    readonly roleCount: number
    /** Too many to paste: they are saved first. */
    readonly asFile: boolean
    readonly fileHref: string
    /** The first of them; absent: no stock tool could take any. */
    readonly profile?: string
    readonly forms: readonly PrintedForm[]
    readonly firstCommand: string
    readonly elsewhereCommand: string
    readonly exports: readonly PrintedForm[]
    readonly ownCommands: string
    readonly ownLogin: string
    /** Roles that take our own program: the first of them, and how many more there are. */
    readonly others: readonly { readonly role: string; readonly asks: string }[]
    readonly othersMore: number
  }
  device: { readonly wrongCode: boolean }
  'device-confirm': {
    readonly userCode: string
    readonly client: string
    readonly observedAddress: string
    readonly startedAt: Date
    readonly secondsOld: number
    readonly secondsLeft: number
    readonly claims: DeviceClaims
    readonly checks: Checks
    /** Names of the operator's networks that the terminal and this browser are in. */
    readonly observedNetwork?: string
    readonly ownAddress: string
    readonly ownNetwork?: string
    /** What was missing from the answer that brought this page up again. */
    readonly again?: Exclude<ApprovalFault, 'wrong_number' | 'another_network'>
    readonly until: Date
  } & Given
  'device-done': { readonly approved: boolean }
  /** A terminal on this machine asks through its browser. */
  authorize: {
    readonly action: string
    /** The request itself, to be posted back as it came. */
    readonly fields: readonly (readonly [name: string, value: string])[]
    readonly client: string
    readonly claims: DeviceClaims
    /** Of this browser. */
    readonly address: string
    readonly port: string
    readonly until: Date
  } & Given
  /** Where they are signed in. */
  me: {
    readonly terminals: readonly {
      readonly id: string
      readonly byCode: boolean
      readonly terminal?: Terminal
      readonly since: Date
      readonly until: Date
    }[]
    readonly until: Date
    readonly groups: number
    /** What their directory sends at most, while they are close to it. */
    readonly mostGroups?: number
  }
}
