import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CLIENT } from '../neighbours/client.ts'
import { send } from './load.ts'
import { GROUP_POOL } from './people.ts'
import { PROGRAM, script } from './places.ts'
import { freePorts, startProcess, type Side, type SideSettings } from './side.ts'

/** `file`: durable lines in a file; `default`: what the schema says when the file names no sink. */
export type AuditChoice = 'file' | 'default'

export type GatewaySettings = {
  readonly audit: AuditChoice
  readonly stsUrl: string
  readonly idpUrl: string
  /** How long the file is: accounts come with rules, one for five. */
  readonly rules: number
}

export const ROLE = 'account-007/developer'
export const IDP = 'bench'

const KINDS = ['readonly', 'developer', 'operator', 'billing', 'auditor']
const OWN = 'account-007'

const aliases = (rules: number): readonly string[] => [
  OWN,
  ...Array.from({ length: Math.floor(rules / 5) }, (_, at) => `account-${at + 100}`),
]

/** Everybody may take ROLE; of the others, every tenth group of the pool opens one. */
const ruleLines = (rules: number): readonly string[] => [
  `  - { id: everyone, match: { idp: ${IDP}, everyone: true }, grant: { accounts: [${OWN}], roles: [developer] } }`,
  ...Array.from({ length: rules - 1 }, (_, at) => {
    const [group, account, kind] = [
      GROUP_POOL[at * 10],
      aliases(rules)[at % aliases(rules).length],
      KINDS[at % KINDS.length],
    ]
    return `  - { id: rule-${at}, match: { idp: ${IDP}, group: ${group} }, grant: { accounts: [${account}], roles: [${kind}] } }`
  }),
]

/** A rolegate.yaml with every default left as it is, but for the limit of one person, and what must be on loopback, behind a proxy: the bench. */
export const configuration = (
  { audit, stsUrl, idpUrl, rules }: GatewaySettings,
  [port, managementPort]: readonly number[],
): string => `
version: 1
server:
  public_url: http://127.0.0.1:${port}
  listen: { host: 127.0.0.1, port: ${port} }
  management: { host: 127.0.0.1, port: ${managementPort} }
  trusted_proxies: [127.0.0.1/32]
secrets: { master_key_env: BENCH_MASTER_KEY }
idps:
  - id: ${IDP}
    type: oidc
    issuer: ${idpUrl}
    client_id: ${CLIENT.id}
    client_secret_env: BENCH_CLIENT_SECRET
    allow: { http: true }
    groups: { claim: groups }
accounts:
${aliases(rules)
  .map((alias, at) => `  ${alias}: { id: "${111_122_220_000 + at}", env: ${at % 2 === 0 ? 'prod' : 'dev'} }`)
  .join('\n')}
roles:
${KINDS.map((kind) => `  ${kind}: { role_name: rolegate/${kind}, max_duration: 8h }`).join('\n')}
rules:
${ruleLines(rules).join('\n')}
sts: { default: { region: eu-central-1, audience: sts.bench.example, endpoint: "${stsUrl}" } }
store: { driver: memory }
# One person asks as hundreds would.
limits: { hand_overs: { person: 1000000 } }
${audit === 'file' ? 'audit: { sinks: [{ type: file, path: audit.jsonl }] }' : ''}
`

/** A configuration file in a folder of its own, and the process that reads it. */
async function start(
  text: (ports: readonly number[]) => string,
  program: (file: string) => Pick<SideSettings, 'script' | 'args'>,
): Promise<Side> {
  const ports = await freePorts(2)
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-bench-'))
  const file = join(folder, 'rolegate.yaml')
  writeFileSync(file, text(ports))
  const gateway = startProcess({
    ...program(file),
    env: { BENCH_MASTER_KEY: randomBytes(32).toString('base64'), BENCH_CLIENT_SECRET: CLIENT.secret },
    cleanUp: () => rmSync(folder, { recursive: true }),
  })
  return { ...gateway, url: `http://127.0.0.1:${ports[0]}` }
}

const serve = (file: string) => ({ script: PROGRAM, args: ['serve', '--insecure-dev', '--config', file] })

/** Starts the built program as an operator would, and does not wait for it. */
export const launchGateway = (settings: GatewaySettings): Promise<Side> =>
  start((ports) => configuration(settings, ports), serve)

/** The same with a clock that leaps a minute whenever it is asked to `leap`. */
export async function startGatewayByClock(settings: GatewaySettings): Promise<Side> {
  const gateway = await start(
    (ports) => configuration(settings, ports),
    (file) => ({ script: script('peers/gateway-by-clock'), args: [file] }),
  )
  await gateway.ask('port')
  return gateway
}

export const startGateway = (settings: GatewaySettings): Promise<Side> =>
  startConfigured((ports) => configuration(settings, ports))

/** The same by a configuration of one's own. */
export async function startConfigured(text: (ports: readonly number[]) => string): Promise<Side> {
  const gateway = await start(text, serve)
  await firstAnswer(gateway, '/.well-known/openid-configuration')
  return gateway
}

/** Asks until something answers 200; a process that has ended is an error. */
export async function firstAnswer(side: Side, path: string): Promise<void> {
  for (;;) {
    try {
      await send(side.url + path)
      return
    } catch (refused) {
      if ((refused as { code?: string }).code !== 'ECONNREFUSED') throw refused
      await side.ask('peak')
      await pause(2)
    }
  }
}
