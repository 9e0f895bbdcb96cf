const MOST_BYTES = 512 * 1024
const MOST_MILLISECONDS = 5000

/** True for https anywhere, and for http on loopback alone. */
function isFetchable(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || url.username !== '' || url.password !== '') return false
  return (
    url.protocol === 'https:' || (url.protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname))
  )
}

/** A JSON document from an address a stranger named: no redirects, five seconds, 512 KiB. Fails with whatever went wrong. */
export async function fetchJson(address: string): Promise<unknown> {
  if (!isFetchable(address)) throw new Error('not an address to fetch')
  const response = await fetch(address, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(MOST_MILLISECONDS),
  })
  if (response.status !== 200 || response.body === null) throw new Error(`status ${response.status}`)

  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Error('too large')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
}
