import type { IdpTest } from '../../domain/admin/idp-test.ts'
import type { FoundPerson, RolesHeld, WhoMay } from '../../usecases/admin/explain-as.ts'
import type { Status } from '../../usecases/admin/show-status.ts'
import type { ExplainedForStaff, requiresInWords } from '../explanation.ts'
import type { WithGroupNames } from '../group-names.ts'

/** Of operators and auditors. */
export type AdminPages = {
  /** Which rules speak of a role, and what they make of somebody. */
  'admin-access': {
    readonly asked: Readonly<Record<'role' | 'idp' | 'groups' | 'person' | 'at' | 'ip' | 'reason', string>> & {
      readonly mfa: '' | 'now' | 'none'
    }
    readonly idps: readonly { readonly id: string; readonly label: string }[]
    /** To choose from; empty where there are too many. */
    readonly roleNames: readonly string[]
    readonly problem?: string
    /** Somebody signed in, of whom what follows is said. */
    readonly person?: FoundPerson
    readonly explained?: ExplainedForStaff
    readonly holds?: Omit<RolesHeld, 'roles'> & {
      readonly roles: readonly (Omit<RolesHeld['roles'][number], 'lacks'> & { readonly lacks: readonly string[] })[]
    }
    readonly who?: Pick<WhoMay, 'role' | 'arn' | 'config'> &
      WithGroupNames & {
        readonly requires: readonly string[]
        readonly rules: readonly ReturnType<typeof requiresInWords>[]
      }
  }
  /** Before a test, and after it. */
  'admin-idp-test': {
    readonly idp: string
    readonly label: string
    readonly result?: {
      /** Absent: nothing of the answer could be believed. */
      readonly read?: IdpTest
      readonly groupNames?: WithGroupNames['groupNames']
      readonly refusal?: {
        readonly code: string
        readonly reason: string
        readonly title: string
        readonly why: string
        readonly next: string
      }
    }
  }
  'admin-status': Omit<Status, 'lastCredential' | 'idps' | 'unseenDenies'> & {
    readonly latelyDays: number
    readonly unseenDenies: readonly {
      readonly group: string
      readonly name: string
      readonly rule: string
      readonly days: number
    }[]
    readonly idps: readonly (Status['idps'][number] & {
      readonly unseen: readonly { readonly group: string; readonly name: string; readonly rule: string }[]
      readonly recheckedEvery?: string
    })[]
    readonly credentialsDeadAfter: string
    /** Absent: no role is elevated. */
    readonly elevatedDeadAfter?: string
    readonly consolesDeadAfter: string
    readonly mayTest: boolean
  }
}
