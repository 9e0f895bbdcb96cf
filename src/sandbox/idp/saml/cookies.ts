/** The value of one cookie of a Cookie header, or undefined. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  const found = (header ?? '').split('; ').find((pair) => pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}
