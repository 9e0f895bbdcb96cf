import { DirectoryFailure, type Said } from './ask.ts'

/**
 * Undefined if the directory itself says that it knows no such person: a 404 with the directory's own code for that.
 * Any other 404 comes from a proxy or is about something else, and says nothing about anybody.
 */
export async function unlessGone<Told>(
  isGone: (said: Said) => boolean,
  read: () => Promise<Told>,
): Promise<Told | undefined> {
  try {
    return await read()
  } catch (thrown) {
    if (thrown instanceof DirectoryFailure && thrown.reason === 'answered_404' && isGone(thrown.said ?? {}))
      return undefined
    throw thrown
  }
}

/**
 * Their groups; undefined if they may no longer sign in. Memberships outlast an account that is disabled or even
 * deleted.
 */
export async function whileThere<Groups>(
  isThere: Promise<boolean>,
  groups: Promise<Groups>,
): Promise<Groups | undefined> {
  const [there, told] = await Promise.allSettled([isThere, groups])
  if (there.status === 'rejected') throw there.reason
  if (!there.value) return undefined
  if (told.status === 'rejected') throw told.reason
  return told.value
}
