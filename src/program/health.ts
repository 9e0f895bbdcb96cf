import { parseArgs } from 'node:util'
import { plain } from '../domain/plain.ts'
import { misused } from './misused.ts'

export const USAGE = `rolegate health [--url URL]

  --url URL   the management address; default http://127.0.0.1:9464

Exit 0 when the gateway there is ready, 1 when it is not, 9 when it does not answer.
`

/** `rolegate health`: 0 ready, 1 not ready, 9 not reachable; what container health checks call. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { url: { type: 'string', default: 'http://127.0.0.1:9464' } },
  })
  if (!/^https?:$/.test(URL.canParse(values.url) ? new URL(values.url).protocol : ''))
    return misused('health', `“${plain(values.url)}” is no address: write http://127.0.0.1:9464`)
  try {
    const answer = await fetch(`${values.url}/readyz`, { signal: AbortSignal.timeout(3_000), redirect: 'error' })
    process.stdout.write(await answer.text())
    return answer.ok ? 0 : 1
  } catch {
    process.stderr.write(`error: ${values.url} does not answer\n`)
    return 9
  }
}
