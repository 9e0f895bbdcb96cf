import { RolegateError } from '../../domain/errors.ts'
import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Digest, Now, People, Sessions, SessionNames } from '../ports.ts'
import { terminalsOf, type FindSession, type KnownIssuer } from './find-session.ts'

/** The newest under one name: a robot may sign in all day. */
const MOST_SIGN_INS = 200
const MOST_CANDIDATES = 10

export type NoteNames = (session: GatewaySession) => Promise<void>

/**
 * Remembers under which names a sign-in is to be found, for as long as it may last: a row a name, so that whoever is asked for is
 * found without looking through everybody.
 */
export const makeNoteNames =
  (deps: { sessionNames: Pick<SessionNames, 'put'>; digest: Digest }): NoteNames =>
  async ({ id, principal, signedInAt, endsAt: expiresAt }) => {
    const { idp, issuer, subject } = principal
    const keep = (name: string) => ({ expiresAt, owner: ownerOf(name, deps.digest) })
    await Promise.all(
      namesOf(principal).map(async (name) =>
        deps.sessionNames.put(
          `${id} ${deps.digest(name)}`,
          { name, sessionId: id, signedInAt, idp, issuer, subject },
          keep(name),
        ),
      ),
    )
  }

/** As people type it: in whatever case. Nobody is told apart by case alone; the answer says who was found. */
const folded = (name: string): string => name.trim().toLowerCase()
const ownerOf = (name: string, digest: Digest): string => `name:${digest(name)}`
const namesOf = ({ username, email }: Principal): readonly string[] => [
  ...new Set([username, ...(email === undefined ? [] : [email])].map(folded).filter((name) => name !== '')),
]

type Identity = Pick<Principal, 'idp' | 'issuer' | 'subject'>

/**
 * The newest session that somebody of this user name, e-mail address or subject is signed in with, at this IdP or at any. Fails with
 * `role_unknown` when nobody is, and with `role_ambiguous` and the `people` it may mean when several are: nobody is guessed.
 */
export type FindSignedIn = (name: string, idp?: string) => Promise<GatewaySession>

export function makeFindSignedIn(deps: {
  sessionNames: Pick<SessionNames, 'listByOwner'>
  sessions: Pick<Sessions, 'listByOwner'>
  people: Pick<People, 'get'>
  findSession: FindSession
  issuerOf: KnownIssuer
  /** Ids of the IdPs there are. */
  idps: ReadonlySet<string>
  digest: Digest
  now: Now
}): FindSignedIn {
  /** Sign-ins under this very name. */
  async function called(name: string): Promise<readonly (Identity & { readonly sessionId: string })[]> {
    const rows = await deps.sessionNames.listByOwner(ownerOf(name, deps.digest))
    // The owner's name is a column of the store; which name a row is about stands in the sealed row.
    return rows
      .filter((row) => row.name === name)
      .toSorted((one, other) => other.signedInAt.getTime() - one.signedInAt.getTime())
      .slice(0, MOST_SIGN_INS)
  }

  /** A subject says who somebody is, at each IdP. Under which name they signed in is known of whoever did so lately. */
  async function bySubject(subject: string) {
    const known = await Promise.all(
      [...deps.idps].map(async (idp) => {
        const issuer = deps.issuerOf(idp)?.issuer
        return issuer === undefined ? undefined : deps.people.get(deps.digest(identityOf({ issuer, subject })))
      }),
    )
    const rows = await Promise.all(
      known.flatMap((one) => (one === undefined ? [] : namesOf(one.principal).map(async (name) => called(name)))),
    )
    return rows.flat().filter((row) => row.subject === subject)
  }

  /** Browsers by the rows themselves, and the terminals that came of them, which may outlast those. */
  async function liveOf(rows: readonly (Identity & { readonly sessionId: string })[]) {
    const owners = new Set(rows.map((row) => terminalsOf(row, deps.digest)))
    const terminals = await Promise.all([...owners].map(async (owner) => deps.sessions.listByOwner(owner)))
    const ids = new Set([...rows.map(({ sessionId }) => sessionId), ...terminals.flat().map(({ id }) => id)])
    const found = await Promise.all([...ids].map(async (id) => deps.findSession(id)))
    const whose = new Set(rows.map(identityOf))
    return found
      .filter((session) => session !== undefined)
      .filter(({ principal, endsAt }) => endsAt > deps.now() && whose.has(identityOf(principal)))
  }

  return async function findSignedIn(written, idp) {
    const name = written.trim()
    const rows = [...(await called(folded(name))), ...(await bySubject(name))]
    const live = (await liveOf(rows)).filter(({ principal }) => idp === undefined || principal.idp === idp)
    const newest = new Map<string, GatewaySession>()
    for (const session of live) {
      const whose = identityOf(session.principal)
      const known = newest.get(whose)
      if (known === undefined || known.signedInAt < session.signedInAt) newest.set(whose, session)
    }
    const [found, ...others] = newest.values()
    if (found === undefined) throw new RolegateError('role_unknown', { person: name })
    if (others.length > 0) {
      const people = [found, ...others]
        .slice(0, MOST_CANDIDATES)
        .map(({ principal }) => `${principal.username} (${principal.subject}) at ${principal.idp}`)
      throw new RolegateError('role_ambiguous', { people })
    }
    return found
  }
}
