import type { DeviceClosing } from '../../domain/device/closing.ts'
import { imaginedSession, type Imagined } from '../../domain/admin/imagine.ts'
import {
  imaginedCircumstances,
  type Circumstances,
  type ImaginedCircumstances,
} from '../../domain/entitlement/conditions.ts'
import {
  askedBy,
  explainInFull,
  rulesAbout,
  type FullExplanation,
  type RuleAbout,
} from '../../domain/entitlement/explain-in-full.ts'
import { decide, entitlementsOf, type Entitlement } from '../../domain/entitlement/decide.ts'
import { LEAST_SECONDS, secondsLeft } from '../../domain/entitlement/duration.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import type { KeptFrom } from '../../domain/entitlement/nearest.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import { roleIdOf } from '../../domain/entitlement/role-id.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/sign-in/principal.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import { keptFrom } from '../entitlement/kept-from.ts'
import type { CurrentRules, Now } from '../ports.ts'
import type { RequestsOf } from '../request/requests-of.ts'
import type { FindSignedIn } from '../sign-in/signed-in-by-name.ts'

/** Somebody who is signed in, by a name they go by; when, where and how they ask is imagined. */
type Named = ImaginedCircumstances & { readonly name: string; readonly idp?: string | undefined }

/** Who was found under a name, and how old the groups are by which they are told of. */
export type FoundPerson = Pick<Principal, 'idp' | 'subject' | 'username'> &
  Pick<GatewaySession, 'via' | 'signedInAt' | 'endsAt'> & { readonly groupsAgeSeconds: number }

/** What operators and auditors are told, and by which configuration. */
type ExplainedAs = FullExplanation & { readonly as: Imagined; readonly config: string }
type ExplainedPerson = FullExplanation & { readonly person: FoundPerson; readonly config: string }

/** The rules that speak of a role, whomever they mean. */
export type WhoMay = {
  readonly role: string
  readonly arn: string
  /** What the role asks for beside groups, whatever gives it. */
  readonly requires: ReturnType<typeof askedBy>
  readonly rules: readonly RuleAbout[]
  readonly config: string
}

export type RolesHeld = {
  /** The first of them. */
  readonly roles: readonly {
    readonly role: string
    readonly elevated: boolean
    readonly maxSeconds: number
    /** The grant that is used. */
    readonly rule: string
    /** What it asks for and is not so. */
    readonly lacks: ReturnType<typeof askedBy>
    /** What keeps their session from it, by name. */
    readonly kept: readonly string[]
  }[]
  readonly roleCount: number
  readonly config: string
}

const MOST_ROLES = 500

type Asker = {
  readonly session: GatewaySession
  readonly circumstances: Circumstances
  readonly kept: KeptFrom
}

export type ExplainAs = {
  /** Why somebody with these groups could take a role, or could not. */
  explain(role: string, as: Imagined): ExplainedAs
  /**
   * As above, for somebody who is signed in, by their newest session: its groups and tags, what is closed to it, and
   * what others approved for them. They themselves would be told the same at that time and place. Fails as
   * `FindSignedIn` does.
   */
  explainPerson(role: string, named: Named): Promise<ExplainedPerson>
  whoMay(role: string): WhoMay
  /** Every role that somebody with these groups holds. */
  rolesOf(as: Imagined): RolesHeld
  rolesOfPerson(named: Named): Promise<RolesHeld & { readonly person: FoundPerson }>
}

/**
 * Explains by the rules in force and by the decision code that people really meet. Fails with `role_unknown`, and with
 * `invalid_request` for an unknown IdP. The answer is for operators and auditors only (security.md M-22): doors call it
 * through `ExplainForStaff`.
 */
export function makeExplainAs(deps: {
  rules: CurrentRules
  /** Ids of the IdPs there are. */
  idps: ReadonlySet<string>
  absoluteSeconds: number
  /** Of each IdP that has any: what people call its groups, by id. */
  groupNames: ReadonlyMap<string, ReadonlyMap<string, string>>
  findSignedIn: FindSignedIn
  requestsOf: RequestsOf
  closing: DeviceClosing
  hash: string
  now: Now
}): ExplainAs {
  /** Whoever asks may say the name; what an IdP states is the id. */
  const idOf = (idp: string, written: string): string =>
    [...(deps.groupNames.get(idp) ?? [])].find(([, name]) => name === written)?.[0] ?? written

  function requireIdp(idp: string | undefined, field: string): void {
    if (idp !== undefined && !deps.idps.has(idp))
      throw new RolegateError('invalid_request', { field, known: [...deps.idps] })
  }

  function imagine(as: Imagined): Asker {
    requireIdp(as.idp, 'as.idp')
    const circumstances = imaginedCircumstances(as, deps.now())
    const stated = { idp: as.idp, groups: as.groups.map((group) => idOf(as.idp, group)) }
    const session = imaginedSession(stated, deps.absoluteSeconds, circumstances.now)
    // Nobody has said anything of their session, or of their claims.
    return { session, circumstances, kept: (target, held) => [passThroughFault(target, session, held) ?? []].flat() }
  }

  async function find(
    { name, idp, ...said }: Named,
    requestsOf: (principal: Principal) => ReturnType<RequestsOf['all']>,
  ): Promise<Asker & { readonly person: FoundPerson }> {
    requireIdp(idp, 'person.idp')
    const session = await deps.findSignedIn(name, idp)
    const requests = await requestsOf(session.principal)
    const now = deps.now()
    const { principal, via, signedInAt, endsAt, mfaAt } = session
    const { assumed, ...imagined } = imaginedCircumstances(said, now)
    return {
      session,
      // When they used a second factor is known, and not imagined.
      circumstances: {
        ...imagined,
        assumed: new Set([...(assumed ?? [])].filter((condition) => condition !== 'mfa_within')),
        ...(said.mfa === undefined && mfaAt !== undefined && { mfaAt }),
        requests,
      },
      kept: (target, held) => keptFrom(session, target, deps.closing, imagined.now, held),
      person: {
        idp: principal.idp,
        subject: principal.subject,
        username: principal.username,
        via,
        signedInAt,
        endsAt,
        groupsAgeSeconds: Math.max(0, Math.floor((now.getTime() - signedInAt.getTime()) / 1000)),
      },
    }
  }

  function explainFor(role: string, { session, circumstances, kept }: Asker): FullExplanation {
    const target = requireRole(deps.rules(), role)
    return explainInFull(deps.rules(), session, target, kept, circumstances)
  }

  function rolesFor(asker: Asker): RolesHeld {
    const held = entitlementsOf(deps.rules(), asker.session.principal, asker.circumstances)
    return {
      roles: held
        .slice(0, MOST_ROLES)
        .map((one) => withApproval(one, asker))
        .map((one) => ({
          role: one.target.name,
          elevated: one.target.kind.elevated,
          maxSeconds: one.maxSeconds,
          rule: one.via[0]?.rule ?? '',
          lacks: one.unmet.map(({ condition, wants }) => ({ condition, wants })),
          kept: asker.kept(one.target, one),
        })),
      roleCount: held.length,
      config: deps.hash,
    }
  }

  /** An approval is of one role in one account, and so decided for it alone. */
  function withApproval(held: Entitlement, { session, circumstances }: Asker): Entitlement {
    const { requests = [], now } = circumstances
    if (!requests.some(({ request }) => request.roleId === roleIdOf(held.target))) return held
    const decision = decide(deps.rules(), session.principal, held.target, circumstances)
    const isUsable = 'entitlement' in decision && secondsLeft(decision.entitlement, now) >= LEAST_SECONDS
    return isUsable ? decision.entitlement : held
  }

  return {
    explain: (role, as) => ({ ...explainFor(role, imagine(as)), as, config: deps.hash }),

    async explainPerson(role, named) {
      const target = requireRole(deps.rules(), role)
      const found = await find(named, async (principal) => deps.requestsOf.about(principal, target))
      return { ...explainFor(role, found), person: found.person, config: deps.hash }
    },

    rolesOf: (as) => rolesFor(imagine(as)),

    async rolesOfPerson(named) {
      const found = await find(named, async (principal) => deps.requestsOf.all(principal))
      return { ...rolesFor(found), person: found.person }
    },

    whoMay(role) {
      const target = requireRole(deps.rules(), role)
      return {
        role: target.name,
        arn: target.arn,
        requires: (target.kind.requires ?? []).flatMap(askedBy),
        rules: rulesAbout(deps.rules(), target),
        config: deps.hash,
      }
    },
  }
}
