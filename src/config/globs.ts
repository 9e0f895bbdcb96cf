import { dirname, join } from 'node:path'
import { inBytes, type PolicyFiles } from './policy-files.ts'

const MOST_FILES = 5000

/**
 * The files that a path with stars in its last part means, ordered by their bytes; or a sentence about why there is
 * none. A star stands for any characters, but not for a leading dot, as in a shell.
 */
export function filesMeant(
  written: string,
  folder: string,
  files: PolicyFiles,
): { readonly paths: readonly string[] } | { readonly fault: string } {
  const path = join(folder, written)
  if (!written.includes('*')) return { paths: [path] }
  const last = written.split('/').at(-1) ?? ''
  if (dirname(written).includes('*') || last.includes('**'))
    return { fault: '"*" stands in the last part of a path only; name each folder' }
  const listed = files.list(dirname(path))
  if ('fault' in listed) return listed
  const paths = listed.names
    .filter((name) => fits(name, last))
    .toSorted(inBytes)
    .map((name) => join(dirname(path), name))
  if (paths.length > MOST_FILES) return { fault: `matches ${paths.length} files; ${MOST_FILES} at most` }
  // No match is a fault: the files may hold denies, and a folder that is not mounted must not silently drop those.
  return paths.length > 0 ? { paths } : { fault: 'matches no file; take it out if none is meant' }
}

/** Whether a name has the pieces between the stars, in their order: linear in its length. */
function fits(name: string, glob: string): boolean {
  if (name.startsWith('.') && !glob.startsWith('.')) return false
  const [first = '', ...rest] = glob.split('*')
  const last = rest.pop() ?? ''
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  const end = name.length - last.length
  let at = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
