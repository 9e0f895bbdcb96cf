import {
  isSameAim,
  NO_EMERGENCY,
  printAim,
  type Aim,
  type Emergency,
  type EmergencyDeny,
} from '../../domain/emergency/emergency.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/sign-in/principal.ts'
import { statedName } from '../../domain/sign-in/shown-name.ts'
import type { Audit, Digest, Now } from '../ports.ts'
import type { Emergencies, People, Sessions } from '../ports/tables.ts'
import { terminalsOf } from '../sign-in/find-session.ts'
import { peopleIn } from '../sign-in/people.ts'
import { EMERGENCY_KEY } from './standing-emergency.ts'

/** Longer than any session lasts. */
const REVOCATION_MS = 30 * 86_400_000
const MOST_CANDIDATES = 10

/** Who closes or opens something, and why. */
type Declaration = { readonly aim: Aim; readonly by: string; readonly reason: string }

/** What was done is done, and whether it is on record. */
type Done = { readonly recorded: boolean }

type Person = Extract<Aim, { kind: 'person' }>

/** Emergency denies and revocations, from the host: they need no configuration, no reload and no running gateway (threats.md R8). */
export type EmergencyDesk = {
  /**
   * Exactly one (issuer, subject) that signed in lately: by user name or subject, or by `idp/` and one of the two, byte for byte
   * (threats.md V2). Fails with `role_unknown` or `role_ambiguous`, and the `candidates` by names that are clear.
   */
  findPerson(name: string): Promise<Person>
  /** Keeps it closed until lifted, and ends the sessions there are. False: it was closed already. */
  deny(declaration: Declaration): Promise<Done & { readonly isNew: boolean }>
  /** Ends the sessions there are: whoever may sign in may do so again. */
  revoke(declaration: Declaration): Promise<Done>
  /** Lifts a deny; on record first. False: there was none. */
  allow(declaration: Declaration): Promise<boolean>
  list(): Promise<readonly EmergencyDeny[]>
}

export function makeEmergencyDesk(deps: {
  emergencies: Emergencies
  people: Pick<People, 'listByOwner'>
  sessions: Pick<Sessions, 'deleteByOwner'>
  audit: Audit
  digest: Digest
  now: Now
}): EmergencyDesk {
  const current = async (): Promise<Emergency> => (await deps.emergencies.get(EMERGENCY_KEY)) ?? NO_EMERGENCY

  async function change(make: (emergency: Emergency) => Emergency): Promise<void> {
    await deps.emergencies.createIfAbsent(EMERGENCY_KEY, NO_EMERGENCY)
    const done = await deps.emergencies.update(EMERGENCY_KEY, (kept) => ({
      next: { ...make(kept), changedAt: laterThan(kept.changedAt, deps.now()) },
      answer: true,
    }))
    if (done !== true) throw new RolegateError('store_unavailable', {}, { reason: 'the row of emergencies is gone' })
  }

  function withRevocation({ denies, revocations }: Emergency, aim: Aim): Emergency {
    if (aim.kind === 'role') return { denies, revocations }
    const now = deps.now()
    const due = new Date(now.getTime() - REVOCATION_MS).toISOString()
    return {
      denies,
      revocations: [
        ...revocations.filter((one) => !isSameAim(one.aim, aim) && one.before > due),
        { aim, before: now.toISOString() },
      ],
    }
  }

  /** The rows themselves as well, so that nobody finds them in a list of theirs. */
  async function forgetTerminals(aim: Aim): Promise<void> {
    if (aim.kind !== 'person') return
    const { issuer, subject } = aim
    await deps.sessions.deleteByOwner(terminalsOf({ issuer, subject }, deps.digest))
  }

  /** What closes comes first, and its record after: a full disk must not keep anybody in. */
  async function onRecord(
    event: 'emergency_deny' | 'emergency_revoke',
    { aim, by, reason }: Declaration,
  ): Promise<Done> {
    try {
      await deps.audit({ event, ...aimFacts(aim), by, reason })
      return { recorded: true }
    } catch {
      return { recorded: false }
    }
  }

  return {
    async findPerson(name) {
      const known = (await peopleIn(deps.people)).map(({ principal }) => principal)
      const [found, ...others] = known.filter((principal) => namesOf(principal).includes(name))
      if (found !== undefined && others.length === 0) {
        const { issuer, subject, username } = found
        return { kind: 'person', issuer, subject, username }
      }
      const near = found === undefined ? known.filter((one) => isNear(one, name)) : [found, ...others]
      const candidates = near
        .slice(0, MOST_CANDIDATES)
        .map(({ idp, subject, username }) => `${idp}/${subject}  ${username}`)
      throw new RolegateError(found === undefined ? 'role_unknown' : 'role_ambiguous', { candidates })
    },

    async deny(declaration) {
      const { aim, by, reason } = declaration
      let isNew = false
      await change((kept) => {
        isNew = !kept.denies.some((deny) => isSameAim(deny.aim, aim))
        const deny = { aim, since: deps.now().toISOString(), by, reason }
        return withRevocation(isNew ? { ...kept, denies: [...kept.denies, deny] } : kept, aim)
      })
      await forgetTerminals(aim)
      return { isNew, ...(await onRecord('emergency_deny', declaration)) }
    },

    async revoke(declaration) {
      await change((kept) => withRevocation(kept, declaration.aim))
      await forgetTerminals(declaration.aim)
      return onRecord('emergency_revoke', declaration)
    },

    async allow({ aim, by, reason }) {
      if (!(await current()).denies.some((deny) => isSameAim(deny.aim, aim))) return false
      await deps.audit({ event: 'emergency_allow', ...aimFacts(aim), by, reason })
      await change((kept) => ({ ...kept, denies: kept.denies.filter((deny) => !isSameAim(deny.aim, aim)) }))
      return true
    },

    list: async () => (await current()).denies,
  }
}

/** Gateways take a change for new by its time, so a host whose clock is behind another's must not write an older one. */
const laterThan = (before: string | undefined, now: Date): string =>
  new Date(Math.max(now.getTime(), before === undefined ? 0 : Date.parse(before) + 1)).toISOString()

/**
 * `username` already has the IdP's id in front if that IdP does not answer for the name, so a bare name never means
 * another IdP's person (threats.md I1).
 */
const namesOf = ({ idp, subject, username }: Principal): readonly string[] => [
  username,
  subject,
  `${idp}/${statedName(username, idp)}`,
  `${idp}/${subject}`,
]

const isNear = (principal: Principal, name: string): boolean =>
  name.length >= 2 && namesOf(principal).some((one) => one.toLowerCase().includes(name.toLowerCase()))

/** What a record says of it: issuer and subject, since names change. */
const aimFacts = (aim: Aim) =>
  aim.kind === 'person'
    ? { aim: `person:${aim.subject}`, issuer: aim.issuer, subject: aim.subject, username: aim.username }
    : { aim: printAim(aim) }
