import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { aWorld, load as loadText } from '../config/a-file.ts'

type Service = {
  image: string
  user?: string
  network_mode?: string
  ports?: string[]
  environment: Record<string, string>
  volumes: string[]
  cap_drop: string[]
  security_opt: string[]
  read_only?: boolean
  privileged?: boolean
}
type Group = { name: string; subGroups?: Group[] }
type Realm = {
  realm: string
  clients: {
    clientId: string
    publicClient: boolean
    secret: string
    redirectUris: string[]
    attributes: Record<string, string>
    protocolMappers: { protocolMapper: string; config: Record<string, string> }[]
  }[]
  groups: Group[]
  users: {
    username: string
    groups: string[]
    requiredActions: string[]
    credentials: { value: string; temporary: boolean }[]
  }[]
}

const text = readFileSync('docker-compose.yml', 'utf8')
const { services } = parse(text) as { services: { gateway: Service; keycloak: Service } }
const { gateway, keycloak } = services
const all = Object.entries<Service>(services)
const realmText = readFileSync('config/compose/keycloak/rolegate-realm.json', 'utf8')
const realm = JSON.parse(realmText) as Realm
const file = '/etc/rolegate/rolegate.yaml'
const fileText = readFileSync('config/compose/rolegate.yaml', 'utf8')
const env = {
  ROLEGATE_MASTER_KEY: '6b'.repeat(16) + '0102030405060708090a0b0c0d0e0f10',
  KEYCLOAK_CLIENT_SECRET: 'f3c1',
}
const load = (insecureDev: boolean) => loadText(fileText, { ...aWorld({ file, env }), insecureDev })

const SECRET = /SECRET|PASSWORD|KEY/

describe('docker-compose.yml', () => {
  it('is reached from this machine alone (threats.md P5)', () => {
    expect(all.flatMap(([, { ports = [] }]) => ports)).toEqual(['127.0.0.1:8420:8420', '127.0.0.1:8421:8421'])
    expect(all.map(([, { network_mode: mode }]) => mode)).toEqual([undefined, 'service:gateway'])
  })

  it('runs the gateway on a read-only root, as nobody in particular (threats.md K10)', () => {
    expect(gateway).toMatchObject({ read_only: true, user: '10001:10001', ulimits: { core: 0 } })
    expect(gateway.volumes).toEqual([`./config/compose/rolegate.yaml:${file}:ro`, 'state:/var/lib/rolegate'])
  })

  it.each(all)('takes every privilege from %s', (_, service) => {
    expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect(service).not.toHaveProperty('privileged')
  })

  it('pins the images it pulls', () => {
    expect(gateway.image).toBe('rolegate:local')
    expect(keycloak.image).toMatch(/:\d+\.\d+\.\d+$/)
  })

  it.each(all)('holds no secret of %s, and does not start without one (security.md K-2)', (_, { environment }) => {
    const secrets = Object.entries(environment).filter(([name]) => SECRET.test(name))
    expect(secrets).not.toEqual([])
    for (const [, value] of secrets) expect(value).toMatch(/^\$\{[A-Z_]+:\?is not in \.env, see docs\/[\w/-]+\.md\}$/)
  })

  it('asks for the secrets that the how-to makes, and no others', () => {
    const howTo = readFileSync('docs/how-to/run-with-docker.md', 'utf8')
    const [, made = ''] = /for name in ([A-Z_ ]+); do/.exec(howTo) ?? []
    const asked = [...text.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name)
    expect(new Set(made.split(' '))).toEqual(new Set(asked))
  })

  it('mounts what is there', () => {
    const mounted = all.flatMap(([, { volumes }]) => volumes).filter((volume) => volume.startsWith('./'))
    expect(mounted.map((volume) => volume.split(':')[0] ?? '').filter((path) => !existsSync(path))).toEqual([])
  })
})

describe('config/compose/rolegate.yaml', () => {
  it('loads in development, without a warning', () => {
    expect(load(true).warnings).toEqual([])
  })

  it('does not load in production (threats.md P5)', () => {
    expect(() => load(false)).toThrow()
  })

  it('listens where the published port leads, and keeps management inside', () => {
    const { server } = load(true).config
    expect(server.listen).toEqual({ host: '0.0.0.0', port: 8420 })
    expect(server.management.host).toBe('127.0.0.1')
    expect(server.publicUrl).toBe('http://127.0.0.1:8420')
  })
})

describe('the realm', () => {
  const [client] = realm.clients
  const [idp] = load(true).config.idps.filter((one) => one.type === 'oidc')

  it('is the IdP of the file', () => {
    expect(idp?.issuer).toBe(`${keycloak.environment['KC_HOSTNAME']}/realms/${realm.realm}`)
    expect(idp?.clientId).toBe(client?.clientId)
    expect(client?.redirectUris).toEqual([`${load(true).config.server.publicUrl}/oidc/${idp?.id}/callback`])
  })

  it('has a confidential client with PKCE', () => {
    expect(client).toMatchObject({
      publicClient: false,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      attributes: { 'pkce.code.challenge.method': 'S256' },
    })
  })

  it('sends whole group paths in the ID token', () => {
    expect(client?.protocolMappers).toMatchObject([
      {
        protocolMapper: 'oidc-group-membership-mapper',
        config: { 'claim.name': 'groups', 'full.path': 'true', 'id.token.claim': 'true' },
      },
    ])
  })

  // Keycloak leaves a placeholder it cannot fill as it stands, and that text would be the password.
  it('names no variable that the container lacks', () => {
    const named = [...realmText.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name)
    expect(named).toEqual(['ROLEGATE_CLIENT_SECRET', 'ALICE_PASSWORD', 'BOB_PASSWORD'])
    expect(Object.keys(keycloak.environment)).toEqual(expect.arrayContaining(named))
  })

  it('holds no secret, and has every password changed at the first sign-in', () => {
    expect(client?.secret).toBe('${ROLEGATE_CLIENT_SECRET}')
    for (const { username, credentials, requiredActions } of realm.users) {
      expect(credentials).toEqual([
        { type: 'password', value: `\${${username.toUpperCase()}_PASSWORD}`, temporary: true },
      ])
      expect(requiredActions).toEqual(['UPDATE_PASSWORD'])
    }
  })

  it('has every group that the rules and its people name', () => {
    const pathsOf = (groups: Group[], above = ''): string[] =>
      groups.flatMap(({ name, subGroups = [] }) => [`${above}/${name}`, ...pathsOf(subGroups, `${above}/${name}`)])
    const named = load(true).config.mapping.rules.flatMap(({ match }) => ('groups' in match ? match.groups : []))
    expect(pathsOf(realm.groups)).toEqual(
      expect.arrayContaining([...named, ...realm.users.flatMap(({ groups }) => groups)]),
    )
  })
})
