import { nearest } from '../domain/nearest.ts'

/** `; did you mean "issuer"?` when a known word is near enough, else nothing. */
export function didYouMean(written: string, known: Iterable<string>): string {
  const near = nearest(written, known)
  return near === undefined ? '' : `; did you mean "${near}"?`
}
