import { base32 } from '../../domain/aws/session-name.ts'

/** Random bytes, as many as asked. Handed in. */
export type Random = (bytes: number) => Uint8Array

/** A role session of the demo: the credentials STS lent, and who holds them. */
export type RoleSession = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** On a whole second, as AWS says it. */
  readonly expiresAt: Date
  readonly accountId: string
  /** Path and name. */
  readonly roleName: string
  /** `AROA…:session name` */
  readonly assumedRoleId: string
  /** `arn:aws:sts::111122223333:assumed-role/ReadOnly/alice`: the path is left out. */
  readonly arn: string
  readonly sessionName: string
  readonly sourceIdentity?: string
  /** Its session policies, as they were passed: the inline one, and ARNs. */
  readonly narrowedTo?: Narrowing
}

export type Narrowing = { readonly policy?: string; readonly arns: readonly string[] }

type Holder = Omit<RoleSession, 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'expiresAt'>

export type RoleSessions = {
  readonly lend: (holder: Holder, seconds: number) => RoleSession
  /** Expired ones too, for as long as they are remembered: AWS tells them from unknown ones. */
  readonly find: (accessKeyId: string) => RoleSession | undefined
}

/** The demo runs for an afternoon; what is older than this many hand-overs is forgotten. */
const MOST_REMEMBERED = 20_000

export function makeRoleSessions({ now, random }: { now: () => Date; random: Random }): RoleSessions {
  const sessions = new Map<string, RoleSession>()
  return {
    lend(holder, seconds) {
      const session: RoleSession = {
        accessKeyId: `ASIA${base32(random(10)).toUpperCase()}`,
        secretAccessKey: base64(random(30)),
        sessionToken: `IQoJ${base64(random(261))}`,
        expiresAt: new Date((Math.floor(now().getTime() / 1000) + seconds) * 1000),
        ...holder,
      }
      sessions.set(session.accessKeyId, session)
      const [oldest] = sessions.keys()
      if (sessions.size > MOST_REMEMBERED && oldest !== undefined) sessions.delete(oldest)
      return session
    },
    find: (accessKeyId) => sessions.get(accessKeyId),
  }
}

/** `2030-01-01T00:00:00Z`: AWS leaves the milliseconds out. */
export const isoSeconds = (date: Date): string => date.toISOString().replace(/\.\d{3}Z$/, 'Z')

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
