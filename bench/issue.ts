/** What a SAML assertion for AWS costs beside the bare RSA signature in it. */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { makeSamlMint } from '../src/adapters/issuer/saml-mint.ts'
import { loadSamlKey, type StoredSamlKey } from '../src/adapters/issuer/saml-keys.ts'
import { makeMemoryStore } from '../src/adapters/store/memory.ts'
import { makeTable } from '../src/adapters/store/table.ts'
import { roleArnOf } from '../src/domain/aws/arn.ts'
import { samlAudienceOf, samlEndpointOf } from '../src/domain/aws/partition.ts'
import type { SamlAssertionRequest } from '../src/domain/aws/saml-assertion.ts'
import type { Bench } from './bench.ts'
import { cpuPerOperation } from './harness/cpu.ts'
import { drive } from './harness/load.ts'
import { interleave } from './harness/rounds.ts'
import { costLine, ratiosOf } from './harness/verdict.ts'

const TAGS = [0, 10]
const BOUNDS = { must: 2, goal: 1.3 }
const FLOOR = 'RSA-2048 sign + SHA-256'

export const issue: Bench = async ({ rounds, operations }) => {
  const issuer = 'https://aws.example.com'
  const now = () => new Date()
  const keys = makeTable<StoredSamlKey>(makeMemoryStore({ now }), 'signing-keys')
  const mint = makeSamlMint({ key: await loadSamlKey({ keys, purpose: 'aws-saml', name: issuer, now }) })
  const request = anAssertion(issuer)

  const named = (tags: number) => `ours, ${tags} session tags`
  const sides: Record<string, (index: number) => Promise<unknown>> = { [FLOOR]: floor() }
  for (const tags of TAGS) sides[named(tags)] = () => mint(request(tags))

  const cost = (once: (index: number) => Promise<unknown>) =>
    cpuPerOperation(HERE, operations, (count) => drive(count, once))
  for (const once of Object.values(sides)) await drive(operations, once)
  const costs = await interleave(
    Object.fromEntries(Object.entries(sides).map(([name, once]) => [name, cost(once)])),
    rounds,
  )
  const of = (name: string) => costs.get(name) ?? []
  return {
    costs: [...costs].map(([name, side]) => costLine(name, side, 'us of CPU for each')),
    figures: TAGS.map((tags) => ({
      title: `issue: SAML assertion with ${tags} session tags / ${FLOOR}`,
      ratios: ratiosOf(of(named(tags)), of(FLOOR)),
      ...BOUNDS,
    })),
  }
}

/** Nothing is served and nobody asks: all that this bench measures happens in its own process. */
const HERE = {
  ask: async <Value>(): Promise<Value> => {
    const { user, system } = process.cpuUsage()
    return (user + system) as Value
  },
}

/** The signature alone, by the shortest way, on bytes that lie ready: as many as the assertion and what is signed have. */
function floor(): () => Promise<unknown> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const [assertion, signedInfo] = [Buffer.alloc(2_000, 'a'), Buffer.alloc(800, 'a')]
  return async () => [createHash('sha256').update(assertion).digest(), sign('sha256', signedInfo, privateKey)]
}

/** One hand-over's request, with as many session tags as asked. */
function anAssertion(issuer: string): (tags: number) => SamlAssertionRequest {
  const [accountId, roleName] = ['111122220007', 'rolegate/developer']
  return (tags) => ({
    issuer,
    audience: samlAudienceOf('aws'),
    recipient: samlEndpointOf('aws', 'eu-central-1'),
    roleArn: roleArnOf('aws', accountId, roleName),
    providerArn: `arn:aws:iam::${accountId}:saml-provider/rolegate`,
    accountId,
    roleName,
    principal: {
      idp: 'corporate',
      issuer: 'https://idp.example.com',
      subject: 'person-7',
      subjectClaim: 'sub',
      username: 'firstname.lastname7@example.com',
      groups: { state: 'stated', names: [] },
      claims: {},
    },
    sessionName: 'firstname.lastname7+abcdefghij234567',
    sourceIdentity: 'firstname.lastname7+abcdefghij234567',
    sessionTags: Object.fromEntries(Array.from({ length: tags }, (_, i) => [`cost-center-${i}`, `team-payments-${i}`])),
    transitiveTags: tags === 0 ? [] : ['cost-center-0'],
    seconds: 3600,
    id: randomUUID(),
    issuedAt: new Date(),
  })
}
