import { RolegateError } from '../../domain/errors.ts'
import { MOST_GROUPS } from '../../domain/sign-in/claims.ts'
import type { Now } from '../../usecases/ports.ts'
import { DirectoryFailure, type JsonObject } from './ask.ts'

const MOST_PAGES = 50
const MOST_SECONDS = 15

/**
 * Every page of a list, or a failure: half a list may lack the very group that denies (threats.md R5). The person waits
 * meanwhile, so pages and time are bounded.
 */
export async function readPages<Found>(
  { first, ask, now }: { first: string; ask: (url: string) => Promise<JsonObject>; now: Now },
  read: (page: JsonObject) => { readonly found: readonly Found[]; readonly next?: string },
): Promise<readonly Found[]> {
  const started = now().getTime()
  const all: Found[] = []
  let url: string | undefined = first
  for (let page = 1; url !== undefined; page += 1) {
    if (page > MOST_PAGES) throw new DirectoryFailure('too_many_pages')
    if (now().getTime() - started > MOST_SECONDS * 1000) throw new DirectoryFailure('took_too_long')
    // oxlint-disable-next-line no-await-in-loop -- one page names the next
    const { found, next }: ReturnType<typeof read> = read(await ask(url))
    all.push(...found)
    // security.md M-15.
    if (all.length > MOST_GROUPS) throw new RolegateError('groups_truncated', { count: all.length, limit: MOST_GROUPS })
    url = next
  }
  return all
}
