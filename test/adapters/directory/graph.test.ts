import { afterEach, describe, expect, it } from 'vitest'
import { graphScope, makeGraphDirectory } from '../../../src/adapters/directory/graph.ts'
import { IDP_BOUNDS, makeBoundedFetch } from '../../../src/adapters/oidc/bounded-fetch.ts'
import { makeFetchClientToken } from '../../../src/adapters/oidc/client-token.ts'
import { MOST_GROUPS } from '../../../src/domain/sign-in/claims.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aClock } from '../../support/a-session.ts'
import { groupId, groupIds, startFakeGraph, type GraphBend } from '../../support/fake-graph.ts'
import { keysFor, startFakeIdp, type Bend, type FakeClient } from '../../support/fake-idp.ts'

const ALICE = 'aaaaaaaa-1111-4111-8111-111111111111'
const SECRET = 'a-client-secret'
const closing: (() => Promise<void>)[] = []
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))))

/** What Entra sends in place of more than 200 groups; the address is a trap. */
const OVERAGE = {
  oid: ALICE,
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: 'https://graph.windows.net/elsewhere' } },
}

type World = {
  groups?: readonly string[]
  bend?: GraphBend
  idpBend?: Bend
  otherwise?: 'fail' | 'warn'
  limit?: number
  client?: FakeClient
  authentication?: Parameters<typeof makeFetchClientToken>[0]['settings']['authentication']
  fetch?: typeof fetch
  rechecks?: boolean
  members?: Map<string, readonly string[]>
  disabled?: ReadonlySet<string>
}

async function aTenant(world: World = {}) {
  const clock = aClock()
  const client = world.client ?? { id: 'rolegate', method: 'client_secret_basic', secret: SECRET }
  const idp = await startFakeIdp({ client, bend: world.idpBend ?? {} })
  const tokens = { taken: (token: string) => idp.clientTokens.has(token) }
  const graph = await startFakeGraph({
    members: world.members ?? new Map([[ALICE, world.groups ?? groupIds(250)]]),
    disabled: world.disabled ?? new Set(),
    takes: (token) => tokens.taken(token),
    bend: world.bend ?? {},
  })
  closing.push(
    () => graph.stop(),
    () => idp.stop(),
  )
  const failures: string[] = []
  const boundedFetch = world.fetch ?? makeBoundedFetch(IDP_BOUNDS)
  const { lookUp, lookAgain } = makeGraphDirectory({
    settings: {
      id: 'entra',
      endpoint: graph.origin,
      else: world.otherwise ?? 'fail',
      groups: {
        claim: 'groups',
        ...(world.limit !== undefined && { limit: { count: world.limit, else: 'fail' as const } }),
      },
      rechecks: world.rechecks ?? false,
    },
    fetchToken: makeFetchClientToken({
      settings: {
        id: 'entra',
        label: 'Example Inc.',
        issuer: idp.issuer,
        clientId: client.id,
        authentication: world.authentication ?? { method: 'client_secret_basic', secret: SECRET },
        algorithms: ['RS256'],
        allowHttp: true,
      },
      scope: graphScope(graph.origin),
      fetch: boundedFetch,
      now: clock.now,
      onFailure: () => {},
    }),
    fetch: boundedFetch,
    now: clock.now,
    onFailure: (reason) => void failures.push(reason),
  })
  const told = (claims: Record<string, unknown> = OVERAGE) => lookUp({ issuer: idp.issuer, claims })
  const groupsOf = async (claims?: Record<string, unknown>) => (await told(claims))?.directoryGroups
  return { clock, idp, graph, failures, tokens, told, groupsOf, lookAgain }
}

describe('the groups that Entra left out of a token, asked of Graph (security.md M-13, threats.md R5)', () => {
  it('are all the person is in, through other groups too, page after page', async () => {
    const { groupsOf, graph } = await aTenant({ groups: groupIds(2_500) })
    expect(await groupsOf()).toEqual(groupIds(2_500))
    expect(graph.seen.map(({ path }) => path)).toEqual(
      Array.from({ length: 3 }, () => `/v1.0/users/${ALICE}/transitiveMemberOf/microsoft.graph.group`),
    )
    expect(Object.fromEntries(graph.seen[0]?.search ?? [])).toEqual({ $count: 'true', $select: 'id', $top: '999' })
  })

  it.each([
    ['_claim_names names the claim', OVERAGE],
    ['hasgroups says so', { oid: ALICE, hasgroups: true }],
    ['the mark stands beside a short list', { ...OVERAGE, groups: [groupId(1)] }],
  ])('are asked for when %s', async (_, claims) => {
    const { groupsOf } = await aTenant()
    expect(await groupsOf(claims)).toHaveLength(250)
  })

  it('are asked for when the list is as long as the configured limit', async () => {
    const { groupsOf } = await aTenant({ limit: 3 })
    expect(await groupsOf({ oid: ALICE, groups: groupIds(3) })).toHaveLength(250)
    expect(await groupsOf({ oid: ALICE, groups: groupIds(2) })).toBeUndefined()
  })

  it.each([
    ['the token has them', { oid: ALICE, groups: [groupId(1)] }],
    ['the token has an empty list', { oid: ALICE, groups: [] }],
    ['the claim is absent, which is another matter (threats.md I4)', { oid: ALICE }],
    ['another claim was left out', { oid: ALICE, groups: [], _claim_names: { other: 'src1' } }],
  ])('are not asked for when %s', async (_, claims) => {
    const { groupsOf, graph, idp } = await aTenant()
    expect(await groupsOf(claims)).toBeUndefined()
    expect([graph.seen.length, idp.seen.length]).toEqual([0, 0])
  })

  it('may be none at all', async () => {
    const { groupsOf } = await aTenant({ groups: [] })
    expect(await groupsOf()).toEqual([])
  })

  it('are asked for with a token of our own, for Graph alone, proven as at a sign-in', async () => {
    const { groupsOf, graph, idp } = await aTenant()
    await groupsOf()
    expect([...idp.clientTokens.values()]).toEqual([`${graph.origin}/.default`])
    expect(graph.seen.map(({ bearer }) => bearer)).toEqual([...idp.clientTokens.keys()])
  })

  it('also with a key in place of a secret', async () => {
    const keys = keysFor('client', 'ec')
    const { groupsOf } = await aTenant({
      client: { id: 'rolegate', method: 'private_key_jwt', publicKey: keys.publicKey },
      authentication: {
        method: 'private_key_jwt',
        pem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      },
    })
    expect(await groupsOf()).toHaveLength(250)
  })
})

describe('our token for Graph (security.md O-31)', () => {
  it('serves until a minute before its end, and one is asked for however many wait', async () => {
    const { groupsOf, idp, clock } = await aTenant()
    await Promise.all([groupsOf(), groupsOf(), groupsOf()])
    clock.pass(3_599 - 61)
    await groupsOf()
    expect(idp.clientTokens.size).toBe(1)
    clock.pass(2)
    await groupsOf()
    expect(idp.clientTokens.size).toBe(2)
  })

  it('is used once when nobody says how long it lives', async () => {
    const { groupsOf, idp } = await aTenant({
      idpBend: { clientTokens: ({ access_token }) => ({ access_token, token_type: 'Bearer' }) },
    })
    await groupsOf()
    await groupsOf()
    expect(idp.clientTokens.size).toBe(2)
  })

  it('is renewed once when Graph no longer takes it, and not for ever', async () => {
    const { groupsOf, idp, graph, tokens, failures } = await aTenant()
    await groupsOf()
    const [revoked] = idp.clientTokens.keys()
    tokens.taken = (token) => token !== revoked && idp.clientTokens.has(token)
    expect(await groupsOf()).toHaveLength(250)
    expect(graph.seen).toHaveLength(3)
    tokens.taken = () => false
    expect(await refusalFrom(groupsOf())).toMatchObject({ code: 'groups_truncated', reason: 'directory:answered_401' })
    expect(graph.seen).toHaveLength(5)
    expect(failures).toEqual(['directory:answered_401'])
  })

  it('that the IdP refuses us is a cut list, with the IdP’s own word for the log', async () => {
    const { groupsOf, failures } = await aTenant({
      authentication: { method: 'client_secret_basic', secret: 'another' },
    })
    expect(await refusalFrom(groupsOf())).toMatchObject({
      code: 'groups_truncated',
      reason: 'directory:idp_error:invalid_client',
    })
    expect(failures).toEqual(['directory:idp_error:invalid_client'])
  })

  it('that cannot be had now may be had in a while', async () => {
    const { groupsOf } = await aTenant({
      idpBend: { instead: { '/token': (_, res) => void res.writeHead(503).end() } },
    })
    expect(await refusalFrom(groupsOf())).toMatchObject({ code: 'idp_unavailable' })
  })
})

const send =
  (status: number, headers: Record<string, string>, body: string, from = 1): NonNullable<GraphBend['instead']> =>
  (_, res, number) => {
    if (number < from) return false
    res.writeHead(status, headers).end(body)
    return true
  }
const JSON_TYPE = { 'content-type': 'application/json' }

describe('a list that is not whole refuses the sign-in (threats.md R5)', () => {
  it.each<[string, string, World]>([
    ['Graph does not let us', 'answered_403', { bend: { instead: send(403, JSON_TYPE, '{"error":{}}') } }],
    ['Graph does not know the person', 'answered_404', { bend: { instead: send(404, JSON_TYPE, '{}') } }],
    ['a later page is refused', 'answered_403', { bend: { pageSize: 100, instead: send(403, JSON_TYPE, '{}', 2) } }],
    [
      'it is no JSON by its type',
      'answered_no_json',
      { bend: { instead: send(200, { 'content-type': 'text/html' }, '{"value":[]}') } },
    ],
    ['it is no JSON by its text', 'answered_no_json', { bend: { instead: send(200, JSON_TYPE, '{"value":[') } }],
    ['it is a list and no object', 'answered_no_json', { bend: { instead: send(200, JSON_TYPE, '[]') } }],
    ['it has no list', 'answered_no_list', { bend: { page: () => ({ '@odata.count': 0 }) } }],
    [
      'a member of the list is no group',
      'answered_no_list',
      { bend: { page: (honest) => ({ ...honest, value: ['x'] }) } },
    ],
    [
      'a group has no id',
      'answered_no_list',
      { bend: { page: (honest) => ({ ...honest, value: [{ displayName: 'x' }] }) } },
    ],
    [
      'a group has a name for an id',
      'answered_no_list',
      { bend: { page: (honest) => ({ ...honest, value: [{ id: 'Admins' }] }) } },
    ],
    ['it does not count', 'count_differs', { bend: { page: ({ value }) => ({ value }) } }],
    [
      'it counts more than it sends',
      'count_differs',
      { bend: { page: (honest) => ({ ...honest, '@odata.count': 251 }) } },
    ],
    ['it counts in words', 'count_differs', { bend: { page: (honest) => ({ ...honest, '@odata.count': '250' }) } }],
    [
      'the last page is missing',
      'count_differs',
      { bend: { pageSize: 100, page: (honest, n) => (n === 2 ? { value: honest['value'] } : honest) } },
    ],
    [
      'one page comes twice in place of another',
      'count_differs',
      {
        groups: groupIds(200),
        bend: {
          pageSize: 100,
          page: (honest, n) => (n === 2 ? { value: groupIds(100).map((id) => ({ id })) } : honest),
        },
      },
    ],
    [
      'pages lead round in a circle',
      'too_many_pages',
      {
        bend: {
          page: (honest) => ({
            ...honest,
            value: [],
            '@odata.nextLink': String(honest['@odata.context']).replace(
              /v1\.0.*$/,
              `v1.0/users/${ALICE}/transitiveMemberOf/microsoft.graph.group?$count=true`,
            ),
          }),
        },
      },
    ],
  ])('when %s', async (_, reason, world) => {
    const { groupsOf, failures } = await aTenant(world)
    expect(await refusalFrom(groupsOf())).toMatchObject({
      code: 'groups_truncated',
      reason: `directory:${reason}`,
      values: { idp: 'entra', asked: 'directory' },
    })
    expect(failures).toEqual([`directory:${reason}`])
  })

  it.each([
    ['another host', 'https://evil.example/v1.0/users'],
    ['the host the token named', 'https://graph.windows.net/elsewhere'],
    ['another port', 'http://127.0.0.1:1/v1.0'],
    ['a name before the host', 'http://127.0.0.1@evil.example/'],
    ['no URL', 'v1.0/users'],
    ['a number', 7],
    ['null', null],
  ])('when the next page is at %s, which our token never reaches', async (_, next) => {
    const asked: string[] = []
    const boundedFetch = makeBoundedFetch(IDP_BOUNDS)
    const { groupsOf, graph } = await aTenant({
      bend: { page: (honest) => ({ ...honest, '@odata.nextLink': next }) },
      fetch: (input, init) => {
        asked.push(new URL(input as string | URL).origin)
        return boundedFetch(input, init)
      },
    })
    expect(await refusalFrom(groupsOf())).toMatchObject({ reason: 'directory:next_page_elsewhere' })
    expect(graph.seen).toHaveLength(1)
    expect(asked.filter((origin) => origin === graph.origin)).toHaveLength(1)
    expect(asked.some((origin) => /evil|windows\.net|:1$/.test(origin))).toBe(false)
  })

  it(`when there are more than ${MOST_GROUPS} (security.md M-15)`, async () => {
    const { groupsOf } = await aTenant({ groups: groupIds(MOST_GROUPS + 1) })
    expect(await refusalFrom(groupsOf())).toMatchObject({ code: 'groups_truncated', values: { limit: MOST_GROUPS } })
    const whole = await aTenant({ groups: groupIds(MOST_GROUPS) })
    expect(await whole.groupsOf()).toHaveLength(MOST_GROUPS)
  })

  it.each([
    ['there is none', undefined],
    ['it is no object id', 'alice@example.com'],
    ['it would lead elsewhere', `${ALICE}/../../groups`],
    ['it is a list', [ALICE]],
  ])('when the verified oid cannot be asked with: %s', async (_, oid) => {
    const { groupsOf, graph } = await aTenant()
    expect(await refusalFrom(groupsOf({ ...OVERAGE, oid }))).toMatchObject({ reason: 'directory:no_oid_claim' })
    expect(graph.seen).toEqual([])
  })

  it('when pages come too slowly to wait for', async () => {
    const { groupsOf, clock, graph } = await aTenant({ bend: { pageSize: 100 } })
    graph.bend({ pageSize: 100, instead: () => (clock.pass(8), false) })
    expect(await refusalFrom(groupsOf())).toMatchObject({ reason: 'directory:took_too_long' })
    expect(graph.seen).toHaveLength(2)
  })
})

describe('Graph that is out of reach is so for now', () => {
  it.each<[string, World, number]>([
    ['too many ask, and it says how long', { bend: { instead: send(429, { 'retry-after': '17' }, '') } }, 17],
    [
      'too many ask, and it says a date',
      { bend: { instead: send(429, { 'retry-after': 'Sun, 22 Nov 2026 10:00:00 GMT' }, '') } },
      5,
    ],
    ['it says to wait for a day', { bend: { instead: send(429, { 'retry-after': '86400' }, '') } }, 300],
    ['it says not to wait at all', { bend: { instead: send(429, { 'retry-after': '0' }, '') } }, 1],
    ['it fails', { bend: { instead: send(503, { 'retry-after': '17' }, '') } }, 5],
    ['it fails on a later page', { bend: { pageSize: 100, instead: send(500, {}, '', 3) } }, 5],
    ['it leads elsewhere', { bend: { instead: send(302, { location: 'http://127.0.0.1:1/' }, '') } }, 5],
    ['it breaks off', { bend: { instead: (_, res) => (res.destroy(), true) } }, 5],
  ])('when %s', async (_, world, retryAfterSeconds) => {
    const { groupsOf, failures } = await aTenant(world)
    expect(await refusalFrom(groupsOf())).toMatchObject({
      code: 'idp_unavailable',
      values: { idp: 'entra', retryAfterSeconds },
    })
    expect(failures).toHaveLength(1)
  })

  it('when it sends more than anybody reads, or nothing at all', async () => {
    const hurried = makeBoundedFetch({ seconds: 0.2, bytes: 4_000 })
    const silent: GraphBend = { instead: () => true }
    for (const bend of [{}, silent]) {
      const { groupsOf } = await aTenant({ bend, fetch: hurried })
      expect(await refusalFrom(groupsOf())).toMatchObject({ code: 'idp_unavailable' })
    }
  })
})

describe('else: warn', () => {
  it.each<[string, World]>([
    ['refused', { bend: { instead: send(403, JSON_TYPE, '{}') } }],
    ['out of reach', { bend: { instead: send(503, {}, '') } }],
    ['short', { bend: { page: (honest) => ({ ...honest, '@odata.count': 251 }) } }],
  ])('goes on with the cut list when Graph is %s, and says so', async (_, world) => {
    const { groupsOf, failures } = await aTenant({ ...world, otherwise: 'warn' })
    expect(await groupsOf()).toBeUndefined()
    expect(failures).toHaveLength(1)
  })
})

describe('groups that are to be read again (threats.md I7)', () => {
  const STATED = { oid: ALICE, groups: [groupId(1)] }

  it('are Graph’s at each sign-in, whatever the token says: its list may be filtered, and would differ', async () => {
    const { told } = await aTenant({ rechecks: true })
    for (const claims of [STATED, { oid: ALICE, groups: [] }, { oid: ALICE }, OVERAGE])
      expect(await told(claims)).toEqual({ directoryGroups: groupIds(250), directoryId: ALICE })
  })

  it('are told again by the id that told them first, as they are by now', async () => {
    const members = new Map([[ALICE, groupIds(3)]])
    const { lookAgain } = await aTenant({ rechecks: true, members })
    expect(await lookAgain(ALICE)).toEqual(groupIds(3))
    members.set(ALICE, groupIds(2))
    expect(await lookAgain(ALICE)).toEqual(groupIds(2))
  })

  it('are nobody’s when the account is switched off, or gone: Graph lists memberships all the same', async () => {
    const off = await aTenant({ rechecks: true, disabled: new Set([ALICE]) })
    expect(await off.lookAgain(ALICE)).toBeUndefined()
    const gone = await aTenant({ rechecks: true, members: new Map() })
    expect(await gone.lookAgain(ALICE)).toBeUndefined()
  })

  it.each<[string, World]>([
    ['switched off', { disabled: new Set([ALICE]) }],
    ['gone', { members: new Map() }],
  ])('refuse a sign-in with an account that is %s', async (_, world) => {
    const { told } = await aTenant({ ...world, rechecks: true })
    expect(await refusalFrom(told(STATED))).toMatchObject({ reason: 'directory:nobody_there' })
  })

  it.each<[string, string, GraphBend]>([
    ['a 404 is a proxy’s, and not Graph’s word', 'answered_404', { instead: send(404, JSON_TYPE, '{}') }],
    [
      'a 404 is of another kind',
      'answered_404',
      { instead: send(404, JSON_TYPE, '{"error":{"code":"UnknownError"}}') },
    ],
    [
      'Graph does not let us see accounts',
      'answered_no_account',
      { account: ({ id }) => ({ id, accountEnabled: null }) },
    ],
    ['it speaks of somebody else', 'answered_no_account', { account: (honest) => ({ ...honest, id: groupId(1) }) }],
    ['its list is not whole', 'count_differs', { page: (honest) => ({ ...honest, '@odata.count': 251 }) }],
  ])('are not known, which ends nobody’s sign-in, when %s', async (_, reason, bend) => {
    const { lookAgain, failures } = await aTenant({ rechecks: true, bend })
    expect(await refusalFrom(lookAgain(ALICE))).toMatchObject({ reason: `directory:${reason}` })
    // Whoever asked tells the operator, once for each silence.
    expect(failures).toEqual([])
  })

  it('say how long to leave Graph alone', async () => {
    const { lookAgain } = await aTenant({ rechecks: true, bend: { instead: send(429, { 'retry-after': '17' }, '') } })
    expect(await refusalFrom(lookAgain(ALICE))).toMatchObject({
      code: 'idp_unavailable',
      values: { retryAfterSeconds: 17 },
    })
  })
})
