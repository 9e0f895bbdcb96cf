import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { listen } from '../../src/sandbox/listener.ts'
import { startDemoWorld, type DemoWorld } from '../../src/sandbox/world.ts'

let world: DemoWorld
const chance = { now: () => new Date(), random: randomBytes }
const ports = { gatewayPort: 8420, managementPort: 9464, idpPort: 0, awsPort: 0, consolePort: 0 }

beforeAll(async () => (world = await startDemoWorld({ ...ports, ...chance })))
afterAll(() => world.close())

type Written = {
  accounts: Record<string, { id: string; env: string; sts?: string }>
  roles: Record<string, { role_name: string; elevated?: boolean }>
  rules: { match: { group: string }; grant: { accounts: string | string[]; roles: string[] } }[]
  idps: { issuer: string; client_secret_env: string }[]
  sts: { default: Record<string, unknown> }
}
function written(): Written {
  const file: Written = parse(world.configText)
  return file
}

/** `alias/role` of every role the file opens to these groups. */
function opened(groups: readonly string[]): string[] {
  const { accounts, rules } = written()
  const targets = rules
    .filter(({ match }) => groups.includes(match.group))
    .flatMap(({ grant }) => {
      const [, environment] = /^env:(.+)$/.exec(String(grant.accounts)) ?? []
      const aliases =
        environment === undefined
          ? [grant.accounts].flat()
          : Object.keys(accounts).filter((alias) => accounts[alias]?.env === environment)
      return aliases.flatMap((alias) => grant.roles.map((role) => `${alias}/${role}`))
    })
  return [...new Set(targets)].toSorted()
}

describe('the demo world', () => {
  it('gives alice several accounts and exactly one elevated role, and bob exactly one role', () => {
    const alice = opened(['platform-engineers', 'payments-developers', 'payments-admins'])
    expect(alice).toEqual([
      'data-prod/readonly',
      'payments-dev/developer',
      'payments-dev/readonly',
      'payments-prod/admin',
      'payments-prod/readonly',
      'sandbox/readonly',
    ])
    expect(alice.filter((target) => written().roles[target.split('/')[1] ?? '']?.elevated)).toEqual([
      'payments-prod/admin',
    ])
    expect(opened(['auditors'])).toEqual(['data-prod/readonly'])
  })

  it('has at its AWS every role that its file opens, and trusts the gateway there', () => {
    for (const target of opened(['platform-engineers', 'payments-developers', 'payments-admins', 'auditors'])) {
      const [alias = '', key = ''] = target.split('/')
      const { trustPolicy } = world.aws.role(written().accounts[alias]?.id ?? '', written().roles[key]?.role_name ?? '')
      const provider =
        written().accounts[alias]?.sts === 'saml' ? 'saml-provider/rolegate' : 'oidc-provider/127.0.0.1:8420'
      expect(JSON.stringify(trustPolicy)).toContain(provider)
    }
  })

  it('writes a file that leads to its own ports, and keeps the secret out of it', () => {
    const { idps, sts } = written()
    expect(idps[0]).toMatchObject({ issuer: world.urls.idp, client_secret_env: 'DEMO_CLIENT_SECRET' })
    expect(sts.default).toMatchObject({
      endpoint: world.urls.aws,
      federation_endpoint: `${world.urls.aws}/federation`,
      console_hosts: [new URL(world.urls.console).host],
    })
    expect(world.configText).not.toContain(world.env['DEMO_CLIENT_SECRET'])
  })

  it('is open: discovery, STS and console answer', async () => {
    const discovery = await (await fetch(`${world.urls.idp}/.well-known/openid-configuration`)).json()
    expect(discovery).toMatchObject({ issuer: world.urls.idp })
    expect((await fetch(world.urls.aws)).status).toBe(400)
    expect((await fetch(world.urls.console)).status).toBe(401)
  })

  it('makes a new secret at each start', async () => {
    const second = await startDemoWorld({ ...ports, ...chance })
    expect(second.env).not.toEqual(world.env)
    await second.close()
  })

  it('says plainly which port is taken, and leaves none open', async () => {
    const { port, close } = await listen(0)
    await expect(startDemoWorld({ ...ports, idpPort: port, ...chance })).rejects.toThrow(
      `The demo needs port ${port} on 127.0.0.1, and it is not free.`,
    )
    await close()
  })
})
