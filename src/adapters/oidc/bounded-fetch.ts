/** The IdP did not answer, or not in a way we can take: the sign-in may work again in a minute. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
}

export type Bounds = { readonly seconds: number; readonly bytes: number }

/** security.md O-22. */
export const IDP_BOUNDS: Bounds = { seconds: 10, bytes: 1024 * 1024 }

/**
 * fetch with a bound on time, on bytes after inflation, and on redirects: none is followed (security.md O-20). An IdP
 * that streams for ever costs a megabyte and ten seconds, not the process.
 */
export function makeBoundedFetch({ seconds, bytes }: Bounds, fetchOnce: typeof fetch = fetch): typeof fetch {
  return async function boundedFetch(input, init) {
    const signal = AbortSignal.timeout(seconds * 1000)
    try {
      const answer = await fetchOnce(input, { ...init, redirect: 'manual', signal })
      if (answer.status >= 500) throw new UpstreamFailure(`answered ${answer.status}`)
      if (answer.status >= 300 && answer.status < 400)
        throw new UpstreamFailure(`answered ${answer.status}, a redirect`)
      const body = await readAtMost(bytes, answer)
      const bodiless = body.length === 0 || answer.status === 204 || answer.status === 205
      return new Response(bodiless ? null : body, { status: answer.status, headers: answer.headers })
    } catch (cause) {
      throw cause instanceof UpstreamFailure ? cause : new UpstreamFailure('did not answer', { cause })
    }
  }
}

async function readAtMost(most: number, answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let total = 0
  const reader = answer.body?.getReader()
  for (;;) {
    const read = await reader?.read()
    if (read === undefined || read.done) break
    total += read.value.length
    if (total > most) {
      await reader?.cancel()
      throw new UpstreamFailure(`sent more than ${most} bytes`)
    }
    chunks.push(read.value)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
