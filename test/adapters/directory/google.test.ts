import { afterEach, describe, expect, it } from 'vitest'
import { googleScope, makeGoogleDirectory } from '../../../src/adapters/directory/google.ts'
import { makeFetchServiceToken } from '../../../src/adapters/directory/service-account.ts'
import { IDP_BOUNDS, makeBoundedFetch } from '../../../src/adapters/oidc/bounded-fetch.ts'
import { MOST_GROUPS } from '../../../src/domain/sign-in/claims.ts'
import { isOfEverybody } from '../../../src/domain/sign-in/groups-again.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aClock, NINE } from '../../support/a-session.ts'
import { aGroup, someGroups, startFakeGoogle, type GoogleBend, type GoogleGroup } from '../../support/fake-google.ts'
import { keysFor } from '../../support/fake-idp.ts'

const ALICE = '108000000000000000001'
const ADMIN = 'groups-reader@example.com'
const ACCOUNT = 'rolegate@project.iam.gserviceaccount.com'
const closing: (() => Promise<void>)[] = []
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))))

type World = {
  members?: Readonly<Record<string, readonly GoogleGroup[]>>
  bend?: GoogleBend
  nested?: boolean
  by?: 'email' | 'id'
  signer?: string
  impersonate?: string
  scope?: string
  fetch?: typeof fetch
  rechecks?: boolean
  suspended?: ReadonlySet<string>
  archived?: ReadonlySet<string>
}

async function aWorkspace(world: World = {}) {
  const clock = aClock()
  const rechecks = world.rechecks ?? false
  const google = await startFakeGoogle({
    account: { email: ACCOUNT, publicKey: keysFor('service-account').publicKey },
    administrator: ADMIN,
    scope: googleScope(rechecks),
    members: new Map(Object.entries(world.members ?? { [ALICE]: someGroups(3) })),
    suspended: world.suspended ?? new Set(),
    archived: world.archived ?? new Set(),
    now: clock.now,
    bend: world.bend ?? {},
  })
  closing.push(() => google.stop())
  const failures: string[] = []
  const boundedFetch = world.fetch ?? makeBoundedFetch(IDP_BOUNDS)
  const pem = keysFor(world.signer ?? 'service-account').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const { lookUp, lookAgain } = makeGoogleDirectory({
    settings: {
      id: 'google',
      endpoint: google.origin,
      nested: world.nested ?? false,
      by: world.by ?? 'email',
      rechecks,
    },
    fetchToken: makeFetchServiceToken({
      account: { email: ACCOUNT, keyId: 'key-1', pem },
      impersonate: world.impersonate ?? ADMIN,
      scope: world.scope ?? googleScope(rechecks),
      tokenEndpoint: google.tokenEndpoint,
      fetch: boundedFetch,
      now: clock.now,
    }),
    fetch: boundedFetch,
    now: clock.now,
    onFailure: (reason) => void failures.push(reason),
  })
  const told = (claims: Record<string, unknown> = { sub: ALICE }) =>
    lookUp({ issuer: 'https://accounts.google.com', claims })
  const groupsOf = async (claims?: Record<string, unknown>) => (await told(claims))?.directoryGroups
  return { clock, google, failures, told, groupsOf, lookAgain }
}

const emails = (groups: readonly GoogleGroup[]) => groups.map(({ email }) => email)

describe('the groups of Google’s people, asked of its directory', () => {
  it('are all they are in, by address, page after page', async () => {
    const { groupsOf, google } = await aWorkspace({ members: { [ALICE]: someGroups(450) } })
    expect(await groupsOf()).toEqual(emails(someGroups(450)))
    expect(google.asked).toEqual(['token', ALICE, ALICE, ALICE])
  })

  it('or by Google’s own id, which never passes to another group', async () => {
    const { groupsOf } = await aWorkspace({ by: 'id' })
    expect(await groupsOf()).toEqual(someGroups(3).map(({ id }) => id))
  })

  it('may be none at all, which Google says by leaving the list out', async () => {
    const { groupsOf } = await aWorkspace({ members: { [ALICE]: [] } })
    expect(await groupsOf()).toEqual([])
  })

  it('are asked for by the person’s id, never by the address, and never by what the claims say of groups', async () => {
    const { groupsOf, google } = await aWorkspace()
    await groupsOf({ sub: ALICE, email: 'ceo@example.com', groups: ['group-9@example.com'] })
    expect(google.asked).toEqual(['token', ALICE])
  })

  it('hold those that their groups are in, where nested is on, each asked once, in circles too', async () => {
    const [team, org, all, top] = [aGroup(1), aGroup(2), aGroup(3), aGroup(4)]
    const members = {
      [ALICE]: [team, org],
      [team.email]: [all, org],
      [org.email]: [all],
      [all.email]: [top, team],
      [top.email]: [],
    }
    const { groupsOf, google } = await aWorkspace({ nested: true, members })
    expect(await groupsOf()).toEqual(emails([team, org, all, top]))
    expect(google.asked.toSorted()).toEqual(['token', ALICE, ...emails([team, org, all, top])].toSorted())
    const direct = await aWorkspace({ nested: false, members })
    expect(await direct.groupsOf()).toEqual(emails([team, org]))
  })
})

describe('our token for Google (security.md O-31)', () => {
  it('is for reading groups in the administrator’s name, signed by the service account, for minutes', async () => {
    const { groupsOf, google } = await aWorkspace()
    await groupsOf()
    const seconds = NINE.getTime() / 1000
    expect(google.assertions).toEqual([
      {
        alg: 'RS256',
        typ: 'JWT',
        kid: 'key-1',
        iss: ACCOUNT,
        sub: ADMIN,
        scope: 'https://www.googleapis.com/auth/admin.directory.group.readonly',
        aud: google.tokenEndpoint,
        iat: seconds,
        exp: seconds + 300,
      },
    ])
  })

  it('serves until a minute before its end, and is renewed when it is no longer taken', async () => {
    const { groupsOf, google, clock } = await aWorkspace()
    await Promise.all([groupsOf(), groupsOf()])
    expect(google.tokens.size).toBe(1)
    clock.pass(3_599 - 60)
    await groupsOf()
    expect(google.tokens.size).toBe(2)
    google.tokens.clear()
    expect(await groupsOf()).toHaveLength(3)
  })

  it.each<[string, string, World]>([
    ['another key signed', 'token_invalid_grant', { signer: 'somebody-else' }],
    ['the account may not act for this administrator', 'token_unauthorized_client', { impersonate: 'ceo@example.com' }],
    [
      'another scope was delegated',
      'token_unauthorized_client',
      { scope: 'https://www.googleapis.com/auth/admin.directory.user' },
    ],
    ['there is no token in the answer', 'token_missing', { bend: { token: () => ({ expires_in: 3599 }) } }],
    ['the token would end the header', 'token_missing', { bend: { token: () => ({ access_token: 'a\r\nx: y' }) } }],
    [
      'the refusal is no JSON',
      'token_answered_400',
      { bend: { instead: (_, res) => (res.writeHead(400).end('<html>'), true) } },
    ],
  ])('is refused and so is the sign-in when %s', async (_, reason, world) => {
    const { groupsOf, failures } = await aWorkspace(world)
    expect(await refusalFrom(groupsOf())).toMatchObject({ code: 'groups_truncated', reason: `directory:${reason}` })
    expect(failures).toEqual([`directory:${reason}`])
  })
})

const instead =
  (
    status: number,
    headers: Record<string, string> = {},
    body = '{}',
    path = 'groups',
  ): NonNullable<GoogleBend['instead']> =>
  (req, res) => {
    if (req.url?.includes(path) !== true) return false
    res.writeHead(status, headers).end(body)
    return true
  }
const JSON_TYPE = { 'content-type': 'application/json' }

/** Google's limits are no 429. */
const quota = (reason: string, headers: Record<string, string> = {}) =>
  instead(403, { ...JSON_TYPE, ...headers }, JSON.stringify({ error: { code: 403, errors: [{ reason }] } }))

/** What Google says where it finds no account, or nothing at all. */
const notFound = (message: string, reason = 'notFound') =>
  instead(404, JSON_TYPE, JSON.stringify({ error: { code: 404, message, errors: [{ message, reason }] } }), 'users')

describe('a list that is not whole refuses the sign-in (threats.md R5)', () => {
  it.each<[string, string, World]>([
    ['Google does not let us', 'answered_403', { bend: { instead: instead(403, JSON_TYPE) } }],
    ['the person is not of this Workspace', 'answered_404', { members: {} }],
    ['a group of theirs cannot be asked', 'answered_404', { nested: true }],
    ['it is no JSON', 'answered_no_json', { bend: { instead: instead(200, { 'content-type': 'text/html' }) } }],
    ['it is another kind of answer', 'answered_no_list', { bend: { page: () => ({ kind: 'admin#directory#users' }) } }],
    ['it is nothing', 'answered_no_list', { bend: { page: () => ({}) } }],
    ['the list is none', 'answered_no_list', { bend: { page: (honest) => ({ ...honest, groups: {} }) } }],
    [
      'a group has no address',
      'answered_no_list',
      { bend: { page: (honest) => ({ ...honest, groups: [{ id: '01abc' }] }) } },
    ],
    [
      'a group has no id',
      'answered_no_list',
      { bend: { page: (honest) => ({ ...honest, groups: [{ email: 'a@example.com' }] }) } },
    ],
    [
      'the next page has no name',
      'answered_no_list',
      { bend: { page: (honest) => ({ ...honest, nextPageToken: 7 }) } },
    ],
    [
      'pages lead round in a circle',
      'too_many_pages',
      { bend: { page: (honest) => ({ ...honest, nextPageToken: 'MA' }) } },
    ],
  ])('when %s', async (_, reason, world) => {
    const { groupsOf, failures } = await aWorkspace(world)
    expect(await refusalFrom(groupsOf())).toMatchObject({
      code: 'groups_truncated',
      reason: `directory:${reason}`,
      values: { idp: 'google', asked: 'directory' },
    })
    expect(failures).toEqual([`directory:${reason}`])
  })

  it('when a later page is refused', async () => {
    const { groupsOf } = await aWorkspace({
      members: { [ALICE]: someGroups(450) },
      bend: { instead: instead(403, JSON_TYPE, '{}', 'pageToken') },
    })
    expect(await refusalFrom(groupsOf())).toMatchObject({ code: 'groups_truncated' })
  })

  it.each([
    ['is missing', undefined],
    ['is an address', 'alice@example.com'],
    ['is a list', [ALICE]],
  ])('when the subject %s', async (_, sub) => {
    const { groupsOf, google } = await aWorkspace()
    expect(await refusalFrom(groupsOf({ sub }))).toMatchObject({ reason: 'directory:no_google_subject' })
    expect(google.asked).toEqual([])
  })

  it(`when there are more than ${MOST_GROUPS}, also counted together (security.md M-15)`, async () => {
    const many = await aWorkspace({ members: { [ALICE]: someGroups(MOST_GROUPS + 1) } })
    expect(await refusalFrom(many.groupsOf())).toMatchObject({
      code: 'groups_truncated',
      values: { limit: MOST_GROUPS },
    })
    const team = aGroup(9_999)
    const above = await aWorkspace({
      nested: true,
      members: { [ALICE]: [team], [team.email]: someGroups(MOST_GROUPS) },
    })
    expect(await refusalFrom(above.groupsOf())).toMatchObject({ values: { limit: MOST_GROUPS } })
  })

  it('when groups of groups take too long to wait for', async () => {
    const { groupsOf, google, clock } = await aWorkspace({
      nested: true,
      members: {
        [ALICE]: [aGroup(1)],
        [aGroup(1).email]: [aGroup(2)],
        [aGroup(2).email]: [aGroup(3)],
        [aGroup(3).email]: [],
      },
    })
    google.bend({ instead: () => (clock.pass(8), false) })
    expect(await refusalFrom(groupsOf())).toMatchObject({ reason: 'directory:took_too_long' })
  })
})

describe('Google out of reach is so for now', () => {
  it.each<[string, World, number]>([
    ['too many ask', { bend: { instead: instead(429, { 'retry-after': '17' }) } }, 17],
    ['its quota is used up', { bend: { instead: quota('userRateLimitExceeded', { 'retry-after': '30' }) } }, 30],
    ['too many ask at once', { bend: { instead: quota('quotaExceeded') } }, 5],
    ['its token endpoint is busy', { bend: { instead: instead(429, {}, '', 'token') } }, 5],
    ['it fails', { bend: { instead: instead(503) } }, 5],
    ['it leads elsewhere', { bend: { instead: instead(302, { location: 'http://127.0.0.1:1/' }) } }, 5],
    [
      'its token endpoint leads elsewhere',
      { bend: { instead: instead(307, { location: 'http://127.0.0.1:1/' }, '', 'token') } },
      5,
    ],
  ])('when %s', async (_, world, retryAfterSeconds) => {
    const { groupsOf } = await aWorkspace(world)
    expect(await refusalFrom(groupsOf())).toMatchObject({ code: 'idp_unavailable', values: { retryAfterSeconds } })
  })
})

describe('groups that are to be read again (threats.md I7)', () => {
  it.each<[string, World, boolean]>([
    ['Google throttles us', { bend: { instead: instead(429) } }, true],
    ['its quota is used up', { bend: { instead: quota('rateLimitExceeded') } }, true],
    ['our token is refused', { signer: 'somebody-else' }, true],
    [
      'nobody gives us a token',
      { bend: { instead: (req, res) => req.url === '/token' && (res.destroy(), true) } },
      true,
    ],
    ['no token of ours is taken', { bend: { instead: instead(401, JSON_TYPE) } }, true],
    ['Google fails', { bend: { instead: instead(503) } }, false],
    ['Google does not let us', { bend: { instead: instead(403, JSON_TYPE) } }, false],
    ['there is no whole list', { bend: { page: () => ({}) } }, false],
  ])('fail for everybody, and not for one person alone, only where it is not theirs: %s', async (_, world, is) => {
    const { lookAgain } = await aWorkspace({ ...world, rechecks: true })
    expect(isOfEverybody(await refusalFrom(lookAgain(ALICE)))).toBe(is)
  })

  it('are told with the id that tells them again, and take a token that may read users', async () => {
    const { told, lookAgain, google } = await aWorkspace({ rechecks: true })
    expect(await told()).toEqual({ directoryGroups: emails(someGroups(3)), directoryId: ALICE })
    expect(await lookAgain(ALICE)).toEqual(emails(someGroups(3)))
    expect(google.assertions.map(({ scope }) => scope)).toEqual([googleScope(true)])
    expect(google.asked.filter((asked) => asked === `account of ${ALICE}`)).toHaveLength(2)
  })

  it.each<[string, World]>([
    ['suspended', { suspended: new Set([ALICE]) }],
    ['archived', { archived: new Set([ALICE]) }],
    ['gone', { members: {} }],
  ])('are nobody’s when the account is %s, and let nobody in', async (_, world) => {
    const { told, lookAgain } = await aWorkspace({ ...world, rechecks: true })
    expect(await lookAgain(ALICE)).toBeUndefined()
    expect(await refusalFrom(told())).toMatchObject({ reason: 'directory:nobody_there' })
  })

  it.each<[string, string, World]>([
    ['a group of theirs cannot be asked', 'answered_404', { nested: true }],
    ['a 404 is a proxy’s', 'answered_404', { bend: { instead: instead(404, JSON_TYPE, '{}', 'users') } }],
    ['nobody knows the domain', 'answered_404', { bend: { instead: notFound('Domain not found.') } }],
    ['something else is unknown', 'answered_404', { bend: { instead: notFound('Resource Not Found: groupKey') } }],
    [
      'a 404 has no reason in it',
      'answered_404',
      { bend: { instead: notFound('Resource Not Found: userKey', 'backendError') } },
    ],
    ['we may not read users', 'answered_403', { bend: { instead: instead(403, JSON_TYPE, '{}', 'users') } }],
    ['it speaks of somebody else', 'answered_no_account', { bend: { account: () => ({ id: '7', suspended: false }) } }],
    ['it does not say', 'answered_no_account', { bend: { account: ({ id }) => ({ id }) } }],
  ])('are not known, which ends nobody’s sign-in, when %s', async (_, reason, world) => {
    const { lookAgain, failures } = await aWorkspace({ ...world, rechecks: true })
    expect(await refusalFrom(lookAgain(ALICE))).toMatchObject({ reason: `directory:${reason}` })
    expect(failures).toEqual([])
  })

  it('ask for nothing more where nobody reads them again', async () => {
    const { told, google } = await aWorkspace()
    await told()
    expect(google.asked).toEqual(['token', ALICE])
    expect(googleScope(false)).not.toContain('user')
  })
})
