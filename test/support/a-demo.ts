import { createServer, type AddressInfo } from 'node:net'
import { startDemo } from '../../src/program/demo-gateway.ts'

export type Demo = Awaited<ReturnType<typeof aDemo>>

type Options = { edit?: (configText: string) => string; passThrough?: boolean }

/** The whole demo on free ports, with everything it printed. `clock.now` may be moved. */
export async function aDemo(options: Options = {}): ReturnType<typeof demoOnFreePorts> {
  // A port that was free may have been given away since: to another test, or to somebody's connection.
  return demoOnFreePorts(options).catch((thrown: unknown) => {
    if (isPortTaken(thrown)) return demoOnFreePorts(options)
    throw thrown
  })
}

const isPortTaken = (thrown: unknown): boolean =>
  thrown instanceof Error && ((thrown as NodeJS.ErrnoException).code === 'EADDRINUSE' || isPortTaken(thrown.cause))

async function demoOnFreePorts(options: Options) {
  const [gateway = 0, idp = 0, aws = 0, console = 0, management = 0] = await freePorts(5)
  const lines: string[] = []
  const clock = { offsetSeconds: 0 }
  const demo = await startDemo({
    ports: { gateway, idp, aws, console, management },
    print: (text) => void lines.push(text),
    now: () => new Date(Date.now() + clock.offsetSeconds * 1000),
    logLevel: 'debug',
    passThrough: options.passThrough ?? false,
    // A copy of each audit record among the printed lines, for the tests to read.
    edit: (text) => (options.edit ?? same)(text.replace('[{ type: store }]', '[{ type: store }, { type: stdout }]')),
  })
  return {
    ...demo,
    clock,
    url: `http://127.0.0.1:${gateway}`,
    awsUrl: `http://127.0.0.1:${aws}`,
    consoleUrl: `http://127.0.0.1:${console}`,
    managementUrl: `http://127.0.0.1:${management}`,
    /** Everything the gateway wrote: its log and, when the file says so, its audit records. */
    printed: () => lines.join(''),
    audit: () =>
      lines
        .join('')
        .split('\n')
        .filter((line) => line.includes('"stream":"audit"'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

const same = (text: string): string => text

/** Ports nobody listens on, found by listening on all of them at once. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
