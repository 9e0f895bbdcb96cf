import type { Sha256 } from '../../domain/aws/session-name.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Now } from '../ports.ts'
import { nameOf, type Person } from './left-alone.ts'
import { keepLatest } from './two-clocks.ts'

const MOST_REMEMBERED = 50_000

/** What a directory said last of each person, whether or not it was believed. */
export type LastWords = {
  note(person: Person, told: readonly string[] | undefined): void
  /** It has said since that sign-in that their groups are others than were stated at it. */
  contradict(person: Person, session: Pick<GatewaySession, 'principal' | 'signedInAt'>): boolean
}

/** By a digest, for lists are long. */
export function makeLastWords({ sha256, now }: { sha256: Sha256; now: Now }): LastWords {
  const words = new Map<string, { readonly digest: string; readonly at: number }>()
  const digestOf = (told: readonly string[] | undefined) =>
    told === undefined ? 'nobody' : [...sha256(JSON.stringify([...new Set(told)].toSorted()))].join()
  return {
    note: (person, told) =>
      keepLatest(words, MOST_REMEMBERED, nameOf(person), { digest: digestOf(told), at: now().getTime() }),
    contradict(person, { principal, signedInAt }) {
      const word = words.get(nameOf(person))
      return word !== undefined && word.at >= signedInAt.getTime() && word.digest !== digestOf(principal.groups.names)
    },
  }
}
