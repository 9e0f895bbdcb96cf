import { parseArgs } from 'node:util'
import { didYouMean } from '../config/did-you-mean.ts'
import { plain } from '../domain/plain.ts'

export const USAGE = `rolegate admin deny AIM --reason TEXT     close it now, and end the sessions it is about
rolegate admin revoke AIM --reason TEXT   end the sessions; who may sign in may do so again
rolegate admin allow AIM [--reason TEXT]  lift a deny
rolegate admin list                       the denies in force
rolegate admin reload [--accept-lockout]  have the gateways take up the file

AIM is role:ALIAS/ROLE, role:ALIAS/* (a whole account), idp:ID (of an IdP or a workload), or person:NAME: a user name or a subject,
or IDP/ and one of them.

  --config FILE     default: $ROLEGATE_CONFIG, else rolegate.yaml. Only its store, secrets, issuer and audit have to be right
  --reason TEXT     for the audit trail
  --accept-lockout  the file as it is now may leave no operator: a running gateway refuses that otherwise

When not even that can be read, in place of --config:
  --store FILE --master-key-file FILE --issuer URL

It works on the host, on the gateway's own store, and needs no reload: every gateway on that store asks it before it hands anything over.
Run it as the user the gateway runs as.
`

const ACTIONS = ['deny', 'revoke', 'allow', 'list', 'reload'] as const
type Action = (typeof ACTIONS)[number]
const isAction = (action: string | undefined): action is Action => ACTIONS.some((one) => one === action)

/** What opens the store where no file does. */
export type StoreFlags = { readonly [name in 'store' | 'master-key-file' | 'issuer']?: string | undefined }

export type AdminCommand = StoreFlags & {
  readonly config?: string | undefined
  readonly acceptsLockout: boolean
} & (
    | { readonly action: 'deny' | 'revoke' | 'allow'; readonly written: string; readonly reason: string }
    | { readonly action: 'list' | 'reload' }
  )

export const isNoAim = (written: string): string =>
  `“${plain(written)}” is no AIM: it is person:NAME, idp:ID, role:ALIAS/ROLE, or role:ALIAS/* for a whole account`

/**
 * What was typed, or a sentence about what is wrong with it: at 3 a.m. nobody reads twenty lines of help for one word.
 */
export function readAdminArgs(args: readonly string[]): AdminCommand | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      reason: { type: 'string' },
      'accept-lockout': { type: 'boolean', default: false },
      store: { type: 'string' },
      'master-key-file': { type: 'string' },
      issuer: { type: 'string' },
    },
  })
  const { 'accept-lockout': acceptsLockout, reason = '', ...where } = values
  const [action, written, ...rest] = positionals
  const words = ACTIONS.join(', ')
  if (action === undefined) return `say what to do: ${words}`
  if (!isAction(action)) return `“${plain(action)}” is none of ${words}${didYouMean(action, ACTIONS)}`
  if (acceptsLockout && action !== 'reload') return '--accept-lockout goes with reload alone'
  if (action === 'list' || action === 'reload')
    return written === undefined
      ? { action, acceptsLockout, ...where }
      : `“${plain(written)}” is one word too many after ${action}`
  if (written === undefined)
    return action === 'allow'
      ? 'say what to open again; rolegate admin list names what is closed'
      : 'say whom or what: person:NAME, idp:ID, role:ALIAS/ROLE, or role:ALIAS/* for a whole account'
  if (rest[0] !== undefined) return `“${plain(rest[0])}” is one word too many; put a text with spaces between quotes`
  if (action !== 'allow' && reason === '') return 'say why, with --reason TEXT'
  return { action, written, reason, acceptsLockout, ...where }
}
