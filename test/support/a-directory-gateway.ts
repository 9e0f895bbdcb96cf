import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { googleScope } from '../../src/adapters/directory/google.ts'
import { aDemo } from './a-demo.ts'
import { aVisitor, type Person } from './a-person.ts'
import { someGroups, startFakeGoogle } from './fake-google.ts'
import { groupId, groupIds, startFakeGraph, type GraphBend } from './fake-graph.ts'
import { keysFor, startFakeIdp, type FakeIdp, type FakePerson } from './fake-idp.ts'

export const ENTRA_ALICE = 'aaaaaaaa-1111-4111-8111-111111111111'
export const GOOGLE_ALICE = '108000000000000000001'
export const IDP_SECRET = 'kD9-fK2vq-entra'

/** What is to be closed, the last first. */
export type Closing = (() => Promise<void>)[]
/** `idps[].recheck` in the file, and the gateway's clock where it is not that of the wall. */
type Options = { recheck?: string }

const recheckIn = ({ recheck }: Options): string => (recheck === undefined ? '' : `    recheck: ${recheck}\n`)

/** A fake IdP that knows this gateway as its client, and answers for one person. */
export const anIdpFor = (person: FakePerson, now?: () => Date): Promise<FakeIdp> =>
  startFakeIdp({
    client: { id: 'rolegate', method: 'client_secret_basic', secret: IDP_SECRET },
    person,
    ...(now && { now }),
  })

/** Its entry in the file; `settings` are indented as they stand there. */
export const idpEntry = (id: string, { issuer }: FakeIdp, settings: string): string => `
  - id: ${id}
    type: oidc
    issuer: ${issuer}
    client_id: rolegate
    client_secret: ${IDP_SECRET}
    allow: { http: true }
${settings}`

/** Puts an IdP and a rule in front of those of the demo's file. */
export const withIdp =
  (entry: string, rule: string) =>
  (file: string): string =>
    file.replace(/\nidps:\n/, `\nidps:${entry}`).replace(/\nrules:\n/, `\nrules:${rule}`)

/** The demo's gateway with Entra beside its own directories: 250 groups, of which the last is in a rule. */
export async function aGatewayWithEntra(
  closing: Closing,
  {
    bend = {},
    claims = { _claim_names: { groups: 'src1' } },
    ...options
  }: Options & { bend?: GraphBend; claims?: Record<string, unknown> } = {},
) {
  const world = { now: () => new Date() }
  const idp = await anIdpFor(
    { sub: 'pairwise-1', idToken: { oid: ENTRA_ALICE, preferred_username: 'alice@example.com', ...claims } },
    () => world.now(),
  )
  closing.push(() => idp.stop())
  const members = new Map([[ENTRA_ALICE, groupIds(250)]])
  const disabled = new Set<string>()
  const graph = await startFakeGraph({ members, disabled, takes: (token) => idp.clientTokens.has(token), bend })
  closing.push(() => graph.stop())
  const entry = idpEntry(
    'entra',
    idp,
    `    subject: claims.oid
    groups: { claim: groups, kind: id, overage: { on: graph, endpoint: "${graph.origin}" } }
${recheckIn(options)}`,
  )
  const rule = `
  - id: entra-devs
    match: { idp: entra, group: ${groupId(249)} }
    grant: { accounts: [payments-dev, sandbox], roles: [developer, readonly] }
`
  const gateway = await aGatewayWith(closing, { id: 'entra', entry, rule, idp })
  world.now = gateway.now
  return { ...gateway, idp, graph, members, disabled }
}

/** The same with Google, which tells one group, and that this one is in another, which is in a rule. */
export async function aGatewayWithGoogle(
  closing: Closing,
  { hd = 'example.com', ...options }: Options & { hd?: string } = {},
) {
  const world = { now: () => new Date() }
  const idp = await anIdpFor({ sub: GOOGLE_ALICE, idToken: { email: 'alice@example.com', hd } }, () => world.now())
  closing.push(() => idp.stop())
  const keys = keysFor('service-account')
  const members = new Map([
    [GOOGLE_ALICE, someGroups(1)],
    ['group-0@example.com', someGroups(2)],
    ['group-1@example.com', []],
  ])
  const suspended = new Set<string>()
  const google = await startFakeGoogle({
    account: { email: 'rolegate@project.iam.gserviceaccount.com', publicKey: keys.publicKey },
    administrator: 'admin@example.com',
    scope: googleScope(options.recheck !== undefined),
    members,
    suspended,
    now: () => world.now(),
  })
  closing.push(() => google.stop())
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-google-'))
  closing.push(async () => rmSync(folder, { recursive: true }))
  const key = {
    type: 'service_account',
    client_email: 'rolegate@project.iam.gserviceaccount.com',
    private_key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }
  writeFileSync(join(folder, 'google.json'), JSON.stringify(key), { mode: 0o600 })
  const entry = idpEntry(
    'google',
    idp,
    `    scopes: [openid, email]
    hosted_domain: example.com
    username: claims.email
    groups:
      source: google_directory
      service_account_file: ${join(folder, 'google.json')}
      impersonate: admin@example.com
      endpoint: ${google.origin}
      token_endpoint: ${google.tokenEndpoint}
${recheckIn(options)}`,
  )
  const rule = `
  - id: google-devs
    match: { idp: google, group: group-1@example.com }
    grant: { accounts: [payments-dev], roles: [developer] }
`
  const gateway = await aGatewayWith(closing, { id: 'google', entry, rule, idp })
  world.now = gateway.now
  return { ...gateway, google, members, suspended }
}

/** The demo's gateway with one more IdP, one more rule, and somebody who may sign in there. */
export async function aGatewayWith(
  closing: Closing,
  { id, entry, rule, idp }: { id: string; entry: string; rule: string; idp: FakeIdp },
) {
  const demo = await aDemo({ edit: withIdp(entry, rule) })
  closing.push(() => demo.close())
  const visitor = aVisitor(demo)
  return {
    demo,
    visitor,
    /** As the gateway has it. */
    now: () => new Date(Date.now() + demo.clock.offsetSeconds * 1000),
    async signIn(person: Person = visitor): Promise<Response> {
      const away = await person.fetch(`${demo.url}/sign-in/${id}`)
      return person.fetch((await idp.signIn(away.headers.get('location') ?? '')).href)
    },
  }
}
