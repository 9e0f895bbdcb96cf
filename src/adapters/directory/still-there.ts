import { DirectoryFailure, type Said } from './ask.ts'

/**
 * Undefined where the directory itself says that it knows nobody of that name: by a 404 with its own word for that in it. Any other 404 is a
 * proxy's, or about something else, and says nothing of anybody.
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

/** Their groups; undefined for who may not sign in any more: memberships outlast an account that is switched off, and even its end. */
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
