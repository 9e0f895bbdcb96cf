import { randomBytes } from 'node:crypto'
import { openGateway } from '../compose/gateway.ts'
import { loadConfig } from '../config/load.ts'
import { startDemoWorld } from '../sandbox/world.ts'
import { withText } from '../config/with-text.ts'
import { diskWorld } from './read-config.ts'
import { VERSION } from './version.ts'

export type DemoPorts = {
  readonly gateway: number
  readonly idp: number
  readonly aws: number
  readonly console: number
  readonly management: number
}

/**
 * The demo's world and a gateway of its own, listening. The gateway is the one `serve` runs; only its settings point at
 * the sandbox. `print` gets its log lines, `edit` may bend the configuration before it is loaded.
 */
export async function startDemo(options: {
  ports: DemoPorts
  print: (text: string) => void
  now?: () => Date
  logLevel?: 'debug' | 'info' | 'warn'
  edit?: (configText: string) => string
  /** Accounts that take what the IdPs themselves sign exist at the demo AWS; `edit` names them. */
  passThrough?: boolean
}) {
  const { ports, print, now = () => new Date(), logLevel = 'warn', edit = (text: string) => text } = options
  const world = await startDemoWorld({
    gatewayPort: ports.gateway,
    idpPort: ports.idp,
    awsPort: ports.aws,
    consolePort: ports.console,
    managementPort: ports.management,
    now,
    passThrough: options.passThrough ?? false,
    random: (bytes: number) => randomBytes(bytes),
  })
  try {
    const loaded = loadConfig(
      withText(edit(world.configText), {
        ...diskWorld('demo.yaml'),
        env: world.env,
        insecureDev: true,
        purpose: 'serve',
      }),
    )
    const gateway = await openGateway(
      { ...loaded, config: { ...loaded.config, masterKeys: [randomBytes(32)], log: { level: logLevel } } },
      { now, print, version: VERSION, demo: true, acceptNewIssuer: false },
    )
    await gateway.listen()
    return {
      world,
      async close() {
        await gateway.close()
        await world.close()
      },
    }
  } catch (thrown) {
    await world.close()
    throw thrown
  }
}
