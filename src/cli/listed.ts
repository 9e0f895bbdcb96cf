const MOST_LISTED = 8

/** Names for a sentence, the first few of many. */
export const listed = (names: readonly string[]): string => {
  const rest = names.length - MOST_LISTED
  return `${names.slice(0, MOST_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
