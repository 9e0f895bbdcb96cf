import { RolegateError } from '../../domain/errors.ts'
import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Digest, NameDigests, Now } from '../ports.ts'
import type { People, SessionName, Sessions, SessionNames } from '../ports/tables.ts'
import { terminalsOf, type FindSession, type KnownIssuer } from './find-session.ts'

/**
 * How many of one person's sign-ins are looked at, newest first: a robot may sign in all day, and must not hide anybody
 * else.
 */
const MOST_SIGN_INS = 200
/** How many are looked up at once. */
const AT_ONCE = 20
const MOST_CANDIDATES = 10

export type NoteNames = (session: GatewaySession) => Promise<void>

/**
 * Indexes a sign-in by its names for as long as it may last, a row for each name, so that somebody can be found without
 * reading everybody's. Rows are keyed by digests: the store alone does not tell who signed in.
 */
export const makeNoteNames =
  (deps: { sessionNames: Pick<SessionNames, 'put'>; nameDigests: NameDigests }): NoteNames =>
  async ({ id, principal, signedInAt, endsAt: expiresAt }) => {
    const { idp, issuer, subject } = principal
    await Promise.all(
      namesOf(principal).map(async (name, which) => {
        const [digest] = deps.nameDigests(name)
        const row = { name, sessionId: id, signedInAt, idp, issuer, subject }
        return deps.sessionNames.put(rowOf(id, which), row, { expiresAt, owner: ownerOf(digest) })
      }),
    )
  }

/** A sign-in that is over is found under no name. */
export async function forgetNames(sessionNames: Pick<SessionNames, 'delete'>, sessionId: string): Promise<void> {
  await Promise.all([0, 1].map(async (which) => sessionNames.delete(rowOf(sessionId, which))))
}

/** As people type it: in whatever case. Nobody is told apart by case alone; the answer says who was found. */
const folded = (name: string): string => name.trim().toLowerCase()
const ownerOf = (digest: string): string => `name:${digest}`
const rowOf = (sessionId: string, which: number): string => `${sessionId} ${which}`

/** Two at most. An address that nobody has verified is one that anybody may have typed (security.md O-10). */
const namesOf = ({ username, email, emailVerified }: Principal): readonly string[] => [
  ...new Set(
    [username, ...(email === undefined || emailVerified !== true ? [] : [email])]
      .map(folded)
      .filter((name) => name !== ''),
  ),
]

/**
 * The newest session that somebody of this user name, e-mail address or subject is signed in with, at this IdP or at any. Fails with
 * `role_unknown` when nobody is, saying so where not every sign-in under that name was looked at, and with `role_ambiguous` and the
 * `people` it may mean when several are: nobody is guessed.
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
  nameDigests: NameDigests
  now: Now
}): FindSignedIn {
  /** Sign-ins under this very name. */
  async function called(name: string): Promise<readonly SessionName[]> {
    const owners = deps.nameDigests(name).map(ownerOf)
    const rows = await Promise.all(owners.map(async (owner) => deps.sessionNames.listByOwner(owner)))
    // The owner's name is a column of the store; which name a row is about stands in the sealed row.
    return rows.flat().filter((row) => row.name === name)
  }

  /**
   * By subject, at every IdP. Their names come from the people who signed in lately, since sign-ins are indexed by
   * name.
   */
  async function bySubject(subject: string): Promise<readonly SessionName[]> {
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

  /** One person's newest live session: a browser's from these rows, or a terminal's, which may outlast its browser. */
  async function newestOf(rows: readonly SessionName[]): Promise<GatewaySession | undefined> {
    const [row] = rows
    if (row === undefined) return undefined
    const ids = [...new Set(rows.map(({ sessionId }) => sessionId))].slice(0, MOST_SIGN_INS)
    const live = async (some: readonly string[]): Promise<readonly GatewaySession[]> => {
      const found = await Promise.all(some.map(async (id) => deps.findSession(id)))
      return found
        .filter((session) => session !== undefined)
        .filter(({ principal, endsAt }) => endsAt > deps.now() && identityOf(principal) === identityOf(row))
    }
    const terminals = await deps.sessions.listByOwner(terminalsOf(row, deps.digest))
    const found = [...(await live(terminals.map(({ id }) => id)))]
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const browsers = await live(ids.slice(at, at + AT_ONCE))
      found.push(...browsers)
      // Those that follow are older.
      if (browsers.length > 0) break
    }
    return newestFirst(found)[0]
  }

  return async function findSignedIn(written, idp) {
    const name = written.trim()
    // If the IdP is given, its prefix in front of a name outside its domains may be left out.
    const spellings = idp === undefined ? [name] : [name, `${idp}:${name}`]
    const byName = await Promise.all(spellings.map(async (one) => called(folded(one))))
    const all = [...byName.flat(), ...(await bySubject(name))]
    const asked = all.filter((row) => idp === undefined || row.idp === idp)
    const rows = newestFirst([...new Map(asked.map((row) => [row.sessionId, row])).values()])
    const people = new Map<string, SessionName[]>()
    for (const row of rows) {
      const whose = identityOf(row)
      const theirs = people.get(whose)
      if (theirs === undefined) people.set(whose, [row])
      else theirs.push(row)
    }
    const live: GatewaySession[] = []
    for (const theirs of people.values()) {
      const session = await newestOf(theirs)
      if (session !== undefined) live.push(session)
      if (live.length === MOST_CANDIDATES) break
    }
    const [found, ...others] = live.filter(({ principal }) => idp === undefined || principal.idp === idp)
    if (found === undefined) {
      const isCut = [...people.values()].some((theirs) => theirs.length > MOST_SIGN_INS)
      throw new RolegateError('role_unknown', { person: name, ...(isCut && { lookedAt: MOST_SIGN_INS }) })
    }
    if (others.length > 0) {
      const meant = [found, ...others].map(
        ({ principal }) => `${principal.username} (${principal.subject}) at ${principal.idp}`,
      )
      throw new RolegateError('role_ambiguous', { people: meant })
    }
    return found
  }
}

const newestFirst = <One extends { readonly signedInAt: Date }>(some: readonly One[]): readonly One[] =>
  some.toSorted((one, other) => other.signedInAt.getTime() - one.signedInAt.getTime())
