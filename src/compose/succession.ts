import type { RequestListener } from 'node:http'
import type { Generation } from './generation.ts'

type Reign = { readonly generation: Generation; requests: number; over: boolean }

/**
 * The generations of a gateway. The newest answers new requests; an older one finishes what it has begun, and is closed
 * when its last request has ended.
 */
export function makeSuccession(first: Generation) {
  const begin = (generation: Generation): Reign => ({ generation, requests: 0, over: false })
  const closeIfDone = ({ generation, requests, over }: Reign) => void (over && requests === 0 && generation.close())
  let reign = begin(first)

  function end(ending: Reign): void {
    ending.over = true
    closeIfDone(ending)
  }

  const answer: RequestListener = (req, res) => {
    const serving = reign
    serving.requests += 1
    res.once('close', () => {
      serving.requests -= 1
      closeIfDone(serving)
    })
    serving.generation.answer(req, res)
  }

  return {
    answer,
    newest: (): Generation => reign.generation,
    /** From the next request on. */
    succeed(next: Generation): void {
      const former = reign
      reign = begin(next)
      end(former)
    },
    close: () => end(reign),
  }
}
