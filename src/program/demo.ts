import { parseArgs } from 'node:util'
import { startDemo } from './demo-gateway.ts'
import { misused } from './misused.ts'
import { untilStopped } from './signals.ts'

export const USAGE = `rolegate demo [--port N]

  --port N   from 1024 to 60000, default 8420; the next three ports and N+1044 are used too

A gateway, an IdP and an AWS on this machine, on loopback, until Ctrl-C.
`

/** `rolegate demo`: gateway, IdP and AWS on this machine, on loopback, with new keys each run (threats.md P5). */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { port: { type: 'string', default: '8420' } } })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1024 || port > 60_000)
    return misused('demo', '--port is a number from 1024 to 60000')
  if (process.env['NODE_ENV'] === 'production') {
    process.stderr.write('error: the demo has public passwords and does not run with NODE_ENV=production\n')
    return 3
  }
  const ports = { gateway: port, idp: port + 1, aws: port + 2, console: port + 3, management: port + 1044 }
  const demo = await startDemo({ ports, print: (text) => process.stderr.write(text) }).catch((thrown: unknown) => {
    process.stderr.write(`error: ${(thrown as Error).message}\n`)
    return undefined
  })
  if (demo === undefined) return 3
  process.stdout.write(greetingFor(port, demo.world.people))
  await untilStopped(process)
  await demo.close()
  return 0
}

type Demo = Awaited<ReturnType<typeof startDemo>>

const personLine = ({ username, what }: { username: string; what: string }): string =>
  `      ${username.padEnd(8)}${what}`

const greetingFor = (port: number, directories: Demo['world']['people']): string => `
  Rolegate demo is ready:  http://127.0.0.1:${port}

  People (password: demo)
${directories.map(({ directory, people }) => `    ${directory}\n${people.map(personLine).join('\n')}`).join('\n')}

  Four things to try
    1. Open the URL, sign in as alice with the demo directory, and open the console of payments-dev.
    2. In another terminal:
         npx rolegate login --server http://127.0.0.1:${port}
         npx rolegate list
    3. Use a role with the stock AWS CLI:
         npx rolegate exec payments-dev/developer -r eu-central-1 -- aws sts get-caller-identity --endpoint-url http://127.0.0.1:${port + 2}
    4. Sign in as gina and ask for payments-prod/operator; sign in as hugo, in another browser or a private window, and approve it.

  alice is an operator here and bob an auditor: “admin” at the top of their pages says who may take what, and why.
  Everything is on this machine, and all of it is gone after Ctrl-C.
`
