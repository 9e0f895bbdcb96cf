/** Names for a sentence, the first few of many. */
export const listed = (names: readonly string[], most = 8): string => {
  const rest = names.length - most
  return `${names.slice(0, most).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
