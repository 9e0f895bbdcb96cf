import type { Random, RoleSession } from './role-session.ts'

/** A console session: who is in, until when, and which page they came for. */
export type ConsoleSession = {
  readonly role: RoleSession
  readonly endsAt: Date
  readonly destination: string
  /** The gateway's own URL: where AWS sends people once the session is over. */
  readonly issuer: string
}

/** From the sign-in host to the console: a ticket that works once, within a minute, then a cookie on the console's host. */
export type ConsoleTickets = {
  readonly open: (session: ConsoleSession) => string
  readonly redeem: (ticket: string) => { readonly cookie: string; readonly session: ConsoleSession } | undefined
  readonly sessionOf: (cookie: string) => ConsoleSession | undefined
}

const TICKET_MILLISECONDS = 60_000
const MOST_SESSIONS = 1000

export function makeConsoleTickets({ now, random }: { now: () => Date; random: Random }): ConsoleTickets {
  const tickets = new Map<string, { session: ConsoleSession; expiresAt: number }>()
  const sessions = new Map<string, ConsoleSession>()
  const opaque = () => Buffer.from(random(24)).toString('base64url')
  const remember = <Value>(map: Map<string, Value>, value: Value): string => {
    const id = opaque()
    const [oldest] = map.keys()
    if (map.size >= MOST_SESSIONS && oldest !== undefined) map.delete(oldest)
    map.set(id, value)
    return id
  }
  return {
    open: (session) => remember(tickets, { session, expiresAt: now().getTime() + TICKET_MILLISECONDS }),
    redeem(ticket) {
      const found = tickets.get(ticket)
      tickets.delete(ticket)
      if (found === undefined || now().getTime() >= found.expiresAt) return undefined
      return { cookie: remember(sessions, found.session), session: found.session }
    },
    sessionOf: (cookie) => sessions.get(cookie),
  }
}
