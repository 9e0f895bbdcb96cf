import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmergencyDesk, type HostDesk } from '../../src/compose/emergency.ts'
import { openGateway } from '../../src/compose/gateway.ts'
import type { LoadedConfig } from '../../src/compose/world.ts'
import { loadConfig } from '../../src/config/load.ts'
import { withText } from '../../src/config/with-text.ts'
import { diskWorld } from '../../src/program/read-config.ts'
import { startDemoWorld } from '../../src/sandbox/world.ts'
import { freePorts } from './a-demo.ts'
import { aJobIssuer } from './a-job-issuer.ts'

export type GatewayOverRestarts = Awaited<ReturnType<typeof aGatewayOverRestarts>>

/**
 * A gateway in the demo's world that keeps its rows in a file: started again with another rolegate.yaml, it finds everybody
 * still signed in. With jobs of an issuer that really signs, who may look at payments-dev.
 */
export async function aGatewayOverRestarts() {
  const [gatewayPort = 0, idpPort = 0, awsPort = 0, consolePort = 0, managementPort = 0] = await freePorts(5)
  /** `aheadSeconds`: of the gateway alone, and of nobody around it. */
  const clock = { offsetSeconds: 0, aheadSeconds: 0 }
  const now = () => new Date(Date.now() + clock.offsetSeconds * 1000)
  const lines: string[] = []
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-restarts-'))
  const masterKey = randomBytes(32)
  const jobs = await aJobIssuer({ now })
  const world = await startDemoWorld({
    gatewayPort,
    idpPort,
    awsPort,
    consolePort,
    managementPort,
    now,
    random: (bytes) => randomBytes(bytes),
  })
  const written = world.configText
    .replace('store: { driver: memory }', `store: { driver: sqlite, path: ${join(folder, 'rolegate.db')} }`)
    .replace('\nidps:', '\nsecrets: { master_key_env: MASTER_KEY }\n\nidps:')
    .replace('[{ type: store }]', '[{ type: store }, { type: stdout }]')
    .replace(
      '\naccounts:',
      `
workloads:
  - id: github
    issuer: ${jobs.issuer}
    allow: { http: true }
    require: { repository_id: "74", ref: refs/heads/main }

accounts:`,
    )
    .replace(
      '\nsts:',
      `
  - id: deploys
    match: { workload: github }
    grant: { accounts: [payments-dev], roles: [readonly] }

sts:`,
    )
    // What the file imagines of itself would not hold once a test has changed it.
    .replace(/\ntests:[\s\S]*$/, '\n')
  let gateway: Awaited<ReturnType<typeof openGateway>> | undefined

  const host = {
    now: () => new Date(now().getTime() + clock.aheadSeconds * 1000),
    print: (line: string) => void lines.push(line),
    version: '0.0.0',
    demo: true,
    acceptNewIssuer: false,
  }

  async function stop(): Promise<void> {
    await gateway?.close()
    gateway = undefined
  }

  const url = `http://127.0.0.1:${gatewayPort}`

  function load(change: (text: string) => string): LoadedConfig {
    const env = { ...world.env, MASTER_KEY: masterKey.toString('base64') }
    const loaded = loadConfig(
      withText(change(written), { ...diskWorld('demo.yaml'), env, insecureDev: true, purpose: 'serve' }),
    )
    return { ...loaded, config: { ...loaded.config, masterKeys: [masterKey], log: { level: 'warn' } } }
  }

  return {
    url,
    world,
    database: join(folder, 'rolegate.db'),
    clock,
    jobs,
    audit: () =>
      lines
        .join('')
        .split('\n')
        .filter((line) => line.includes('"stream":"audit"'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    /** Starts it, or starts it again, with the file as `change` makes it. */
    async start(change: (text: string) => string = (text) => text): Promise<void> {
      await stop()
      gateway = await openGateway(load(change), host)
      await gateway.listen()
      // Connections of before are found to be dead by whoever uses them first.
      await fetch(url).catch(() => undefined)
    },
    /** A SIGTERM. */
    stop,
    /** A SIGHUP, with the file as `change` makes it: whether it is in force then. */
    reload: async (change: (text: string) => string): Promise<boolean> =>
      (await gateway?.reload('signal', () => load(change))) === 'in_force',
    /** How records call the file as `change` makes it. */
    hashOf: (change: (text: string) => string): string => load(change).hash,
    /** Another gateway on the same store, behind the same name, at ports of its own. */
    async beside(change: (text: string) => string) {
      const [port = 0, management = 0] = await freePorts(2)
      const loaded = load(change)
      const { server } = loaded.config
      const listen = { listen: { ...server.listen, port }, management: { ...server.management, port: management } }
      const other = await openGateway(
        { ...loaded, config: { ...loaded.config, server: { ...server, ...listen } } },
        host,
      )
      await other.listen()
      return {
        url: `http://127.0.0.1:${port}`,
        managementUrl: `http://127.0.0.1:${management}`,
        reload: async (to: (text: string) => string) => (await other.reload('signal', () => load(to))) === 'in_force',
        close: () => other.close(),
      }
    },
    /** As the host's command does it, beside the gateway and on its store. */
    async onHost<Outcome>(act: (desk: HostDesk) => Promise<Outcome>): Promise<Outcome> {
      const { config } = load((text) => text)
      const desk = await openEmergencyDesk(config, host)
      try {
        return await act(desk)
      } finally {
        await desk.close()
      }
    },
    managementUrl: `http://127.0.0.1:${managementPort}`,
    said: () => lines.join(''),
    async close() {
      await stop()
      await world.close()
      await jobs.close()
      rmSync(folder, { recursive: true })
    },
  }
}
