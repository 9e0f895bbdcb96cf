import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, fileNameOf, localKeyFile, type Place, signInOf } from './places.ts'
import { keyFor, openSealed } from './sealed.ts'

/** What one line of credential-process asks for: role and duration as they were typed, and the reason it gives. */
export type Wanted = {
  readonly origin: string
  readonly role: string
  readonly duration: string
  readonly reason?: string
}

/** Role credentials as AWS SDKs read them, and when we got them. */
export type KeptCredentials = { readonly document: string; readonly expiresAt: Date; readonly obtainedAt: Date }

export const credentialsFolder = (place: Place, origin: string): string =>
  join(cacheFolder(place), 'credentials', fileNameOf(origin))

/** Each sign-in, role, duration and reason has a file of its own; its name tells none of them. */
export const credentialsFile = (place: Place, wanted: Wanted, signIn: string): string =>
  join(credentialsFolder(place, wanted.origin), createHash('sha256').update(aboutOf(wanted, signIn)).digest('hex'))

export const aboutOf = ({ origin, role, duration, reason }: Wanted, signIn: string): string =>
  JSON.stringify([origin, signIn, role, duration, ...(reason === undefined ? [] : [reason])])

export const purposeOf = (signIn: string): string => `credentials ${signIn}`

/** Undefined unless these are credentials of the present sign-in: then they are fetched anew. */
export function readCredentials(place: Place, wanted: Wanted): KeptCredentials | undefined {
  try {
    const signIn = signInOf(place, wanted.origin)
    if (signIn === undefined) return undefined
    const sealed = readFileSync(credentialsFile(place, wanted, signIn))
    const key = keyFor(readFileSync(localKeyFile(place)), purposeOf(signIn))
    const { document, expiresAt, obtainedAt } = JSON.parse(openSealed(key, sealed, aboutOf(wanted, signIn)))
    return { document, expiresAt: new Date(expiresAt), obtainedAt: new Date(obtainedAt) }
  } catch {
    return undefined
  }
}

/** NaN, of a date that is none, is never enough. */
export const lastsFor = ({ expiresAt }: KeptCredentials, leastMs: number, now: Date): boolean =>
  expiresAt.getTime() - now.getTime() >= leastMs
