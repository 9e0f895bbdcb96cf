import request, { type Response } from 'supertest'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Aim } from '../../src/domain/emergency/emergency.ts'
import type { ErrorCode } from '../../src/domain/errors.ts'
import type { EmergencyDesk } from '../../src/usecases/emergency/emergency-desk.ts'
import { sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { ACCESS_TOKEN, exchange, EXCHANGE_GRANT } from '../support/a-demo-with-jobs.ts'
import { aGatewayOverRestarts, type GatewayOverRestarts } from '../support/a-gateway-over-restarts.ts'
import { anAuthorization, answered, redeem } from '../support/an-authorization.ts'
import { aPersonAt, aTerminalOf, aVisitor, form, type Person } from '../support/a-person.ts'

/** One role, asked for by everybody: what differs is why they do not get it. */
const ROLE = 'payments-dev/readonly'

/** Somebody's keys to each door: a browser, a terminal signed in with a code, and what it gave a container. */
type Holder = { readonly person: Person; readonly access: string; readonly container: string }

type Verdict = ErrorCode | 'given'
type Door = {
  readonly knock: (gateway: GatewayOverRestarts, holder: Holder) => Promise<Response>
  /** What the answer says, whatever words the door has for it. */
  readonly read: (answer: Response) => { verdict: string; status: number }
}

/** A page leads to the sign-in, shows the error, or goes on. */
const page = (way: 'console' | 'credentials'): Door => ({
  knock: async (_gateway, { person }) => person.post(`/roles/${ROLE}/${way}`, { _csrf: await person.csrf() }),
  read: ({ status, text, headers }) => {
    if (String(headers['location']).startsWith('/sign-in')) return { verdict: 'sign_in_required', status: 401 }
    return { verdict: status < 400 ? 'given' : (/code +(\w+)/.exec(text)?.[1] ?? text), status }
  },
})

const v1 = (path: string): Door => ({
  knock: async ({ url }, { access }) =>
    request(url)
      .post(path)
      .set(access === '' ? {} : { authorization: `Bearer ${access}` })
      .send({ role: ROLE }),
  read: ({ status, body }) => ({ verdict: status === 200 ? 'given' : String(body.code), status }),
})

/** What IAM Identity Center’s clients call our codes: they tell errors apart by these words (aws.md §1). */
const EXCEPTION = new Map<string, ErrorCode>([
  ['UnauthorizedException 401', 'sign_in_required'],
  ['ResourceNotFoundException 404', 'role_unknown'],
  ['InternalServerException 503', 'store_unavailable'],
  ['TooManyRequestsException 429', 'rate_limited'],
])

const DOORS = {
  'the console, from a page': page('console'),
  'credentials, from a page': page('credentials'),
  'POST /v1/credentials': v1('/v1/credentials'),
  'POST /v1/console': v1('/v1/console'),
  'GET /federation/credentials': {
    knock: async ({ url }, { access }) =>
      request(url)
        .get('/federation/credentials?account_id=111122223333&role_name=readonly')
        .set('x-amz-sso_bearer_token', access),
    read: ({ status, headers }) => {
      const exception = String(headers['x-amzn-errortype'])
      return { verdict: status === 200 ? 'given' : (EXCEPTION.get(`${exception} ${status}`) ?? exception), status }
    },
  },
  'GET /v1/container-credentials': {
    knock: async ({ url }, { container }) =>
      request(url)
        .get(`/v1/container-credentials/${ROLE}`)
        .set(container === '' ? {} : { authorization: container }),
    read: ({ status, body }) => ({ verdict: status === 200 ? 'given' : String(body.code), status }),
  },
} satisfies Record<string, Door>
type DoorName = keyof typeof DOORS

const AMZ: DoorName = 'GET /federation/credentials'
const CONTAINER: DoorName = 'GET /v1/container-credentials'
/** What the pages answer, where that is another thing. */
const pages = (verdict: Verdict): Partial<Record<DoorName, Verdict>> => ({
  'the console, from a page': verdict,
  'credentials, from a page': verdict,
})

/** An hour of today that is not now. */
const elsewhen = (): string => {
  const hour = (new Date().getUTCHours() + 6) % 23
  return `${String(hour).padStart(2, '0')}:00-${String(hour + 1).padStart(2, '0')}:00 UTC`
}

const STATUS: Partial<Record<Verdict, number>> = {
  sign_in_required: 401,
  sign_in_rejected: 403,
  not_entitled: 403,
  denied_by_rule: 403,
  condition_unmet: 403,
  step_up_required: 403,
  approval_required: 403,
  role_unknown: 404,
  store_unavailable: 503,
  rate_limited: 429,
}

/** What is closed stays closed over restarts. */
const liftAll = (gateway: GatewayOverRestarts) =>
  gateway.onHost(async (desk) => {
    for (const { aim } of await desk.list()) await desk.allow({ aim, ...BY_ROOT })
  })

type World = { readonly gateway: GatewayOverRestarts; readonly alice: Holder }

/** Why somebody does not get it, the code that says so, and where the answer is another one. */
type Row = {
  readonly because: string
  readonly code: Verdict
  /** Nobody is known, so there is nobody to put on record. */
  readonly unrecorded?: true
  readonly except?: Partial<Record<DoorName, Verdict>>
  readonly prepare: (world: World) => Promise<Holder>
}

const withRule = (text: string) => (file: string) => file.replace('\nsts:', `${text}\n\nsts:`)
const withSessions = (text: string) => (file: string) => `${file}\nsessions: ${text}\n`
const READONLY = /(\n {2}readonly: \{)(.*), max_duration: 12h \}/
const requiring = (require: string) => (file: string) =>
  file.replace(READONLY, (_, key: string, rest: string) => `${key}${rest}, max_duration: 12h, require: ${require} }`)

async function signedIn(gateway: GatewayOverRestarts): Promise<Holder> {
  const person = await aPersonAt(gateway, 'alice')
  const { accessToken } = await aTerminalOf(gateway, person)
  return holderOf(gateway, person, accessToken)
}

/** With a terminal that was signed in by the browser beside it. */
async function signedInBeside(gateway: GatewayOverRestarts): Promise<Holder> {
  const person = await aPersonAt(gateway, 'alice')
  const asked = anAuthorization()
  const code = (await answered(person, asked)).searchParams.get('code') ?? ''
  const { body } = await redeem(gateway, asked, code).expect(200)
  return holderOf(gateway, person, (body as { access_token: string }).access_token)
}

async function holderOf(gateway: GatewayOverRestarts, person: Person, access: string): Promise<Holder> {
  const { body } = await form(gateway, '/oauth/token', {
    grant_type: EXCHANGE_GRANT,
    subject_token_type: ACCESS_TOKEN,
    subject_token: access,
    scope: `container:${ROLE}`,
  }).expect(200)
  return { person, access, container: (body as { access_token: string }).access_token }
}

/** Alice as she is signed in, at a gateway that was started again with another file. */
const afterRestart =
  (change: (text: string) => string) =>
  async ({ gateway, alice }: World): Promise<Holder> => {
    await gateway.start(change)
    return alice
  }

const BY_ROOT = { by: 'root', reason: 'test' }

/** Alice as she is signed in, after an operator closed this on the gateway's host. */
const closedOnHost =
  (aimOf: (desk: EmergencyDesk) => Promise<Aim>) =>
  async ({ gateway, alice }: World): Promise<Holder> => {
    await gateway.onHost(async (desk) => desk.deny({ aim: await aimOf(desk), ...BY_ROOT }))
    return alice
  }

const ROWS: readonly Row[] = [
  {
    because: 'nothing is in the way',
    code: 'given',
    prepare: async ({ alice }) => alice,
  },
  {
    because: 'nobody says who they are',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: async ({ gateway }) => ({ person: aVisitor(gateway), access: '', container: '' }),
  },
  {
    because: 'they show a token of another kind (threats.md F4)',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: async ({ gateway, alice }) => ({
      person: aVisitor(gateway),
      access: alice.container,
      container: alice.access.replace('rga_', 'rgk_'),
    }),
  },
  {
    because: 'their browser has signed out (threats.md D10)',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: async ({ alice }) => {
      await alice.person.post('/sign-out', { _csrf: await alice.person.csrf() }).expect(303)
      return alice
    },
  },
  {
    because: 'their IdP is gone from the file (threats.md I2)',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: afterRestart((file) =>
      file.replace('- id: demo\n', '- id: other\n').replaceAll('idp: demo,', 'idp: other,'),
    ),
  },
  {
    because: 'their IdP’s name stands for another issuer now (threats.md I2)',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: async (world) =>
      afterRestart((file) =>
        file.replace(/(- id: demo\n {4}type: oidc\n {4}label: .*\n {4}issuer: ).*/, `$1${world.gateway.jobs.issuer}`),
      )(world),
  },
  {
    because: 'no rule gives it to them any more',
    code: 'not_entitled',
    prepare: afterRestart((file) =>
      file.replace(/group: (platform-engineers|payments-developers) \}/g, 'group: somebody-else }'),
    ),
  },
  {
    because: 'a rule denies it',
    code: 'denied_by_rule',
    prepare: afterRestart(
      withRule('  - { id: frozen, match: { everyone: true }, deny: { accounts: [payments-dev], roles: [readonly] } }'),
    ),
  },
  {
    because: 'it is closed from the host (threats.md R8)',
    code: 'denied_by_rule',
    prepare: closedOnHost(async () => ({ kind: 'role', role: ROLE })),
  },
  {
    because: 'its account is closed from the host (threats.md R8)',
    code: 'denied_by_rule',
    prepare: closedOnHost(async () => ({ kind: 'role', role: 'payments-dev/*' })),
  },
  {
    because: 'they are closed out from the host (threats.md R8)',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: closedOnHost((desk) => desk.findPerson('demo/u-alice')),
  },
  {
    because: 'their IdP is closed from the host (threats.md R8)',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: closedOnHost(async () => ({ kind: 'idp', idp: 'demo' })),
  },
  {
    because: 'their sessions were ended from the host',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: async ({ gateway, alice }) => {
      await gateway.onHost(async (desk) => desk.revoke({ aim: await desk.findPerson('demo/u-alice'), ...BY_ROOT }))
      return alice
    },
  },
  {
    because: 'there is no such role',
    code: 'role_unknown',
    // A token of a role that is gone is a token of another role (threats.md D15).
    except: { [CONTAINER]: 'sign_in_required' },
    prepare: afterRestart((file) =>
      file.replace('\n  readonly: {', '\n  looker: {').replaceAll('roles: [readonly', 'roles: [looker'),
    ),
  },
  {
    because: 'it is elevated, and they are at a terminal that began with a code (threats.md D4)',
    code: 'condition_unmet',
    // In the browser only their fresh sign-in is missing: threats.md H8.
    except: pages('step_up_required'),
    prepare: afterRestart((file) => file.replace(READONLY, '$1$2, elevated: true, max_duration: 1h }')),
  },
  {
    because: 'it is elevated, and they are at a terminal beside their browser (threats.md H8)',
    code: 'step_up_required',
    prepare: async (world) => {
      const holder = await signedInBeside(world.gateway)
      await world.gateway.start((file) => file.replace(READONLY, '$1$2, elevated: true, max_duration: 1h }'))
      return holder
    },
  },
  {
    because: 'the account is closed to terminals that began with a code (threats.md D4)',
    code: 'condition_unmet',
    except: pages('given'),
    prepare: afterRestart(withSessions('{ cli: { device: { except: [payments-dev] } } }')),
  },
  {
    because: 'the console is closed to terminals that began with a code (threats.md D4)',
    code: 'condition_unmet',
    except: {
      ...pages('given'),
      'POST /v1/credentials': 'given',
      [AMZ]: 'given',
      [CONTAINER]: 'given',
    },
    prepare: afterRestart(withSessions('{ cli: { device: { console: false } } }')),
  },
  {
    because: 'another gateway on the store has a newer configuration (threats.md R9)',
    code: 'store_unavailable',
    prepare: async ({ gateway, alice }) => {
      const other = await gateway.beside((file) => file)
      expect(await other.reload((file) => `${file}\n# newer\n`)).toBe(true)
      await other.close()
      gateway.clock.offsetSeconds += 11
      return alice
    },
  },
  {
    because: 'the gateway’s clock is not AWS’s (threats.md F10)',
    code: 'store_unavailable',
    prepare: async ({ gateway, alice }) => {
      gateway.clock.aheadSeconds = 200
      await gateway.start()
      const { knock, read } = DOORS['POST /v1/credentials']
      await vi.waitUntil(async () => read(await knock(gateway, alice)).verdict !== 'given', { timeout: 10_000 })
      return alice
    },
  },
  {
    because: 'they have asked too often this minute, at whichever door (threats.md P7)',
    code: 'rate_limited',
    // The first refusal of the minute is on record, below, and no further one.
    unrecorded: true,
    prepare: async (world) => {
      const { gateway } = world
      const holder = await afterRestart((file) => `${file}\nlimits: { hand_overs: { person: 2 } }\n`)(world)
      // A minute that has just begun.
      gateway.clock.offsetSeconds += 60 - (Math.floor(Date.now() / 1000 + gateway.clock.offsetSeconds) % 60)
      const before = gateway.audit().length
      for (const door of ['POST /v1/console', CONTAINER, AMZ, 'POST /v1/credentials'] as const)
        await DOORS[door].knock(gateway, holder)
      expect(gateway.audit().slice(before)).toMatchObject([
        ...['intent', 'issued', 'intent', 'issued'].map((event) => ({ event })),
        { event: 'refused', code: 'rate_limited', reason: 'too_many_hand_overs', username: 'alice@example.com' },
      ])
      return holder
    },
  },
  {
    because: 'others, or they, have taken the role too often this minute (threats.md P7)',
    code: 'rate_limited',
    unrecorded: true,
    prepare: async (world) => {
      const { gateway } = world
      const holder = await afterRestart((file) => `${file}\nlimits: { hand_overs: { role: 1 } }\n`)(world)
      // A minute that has just begun.
      gateway.clock.offsetSeconds += 60 - (Math.floor(Date.now() / 1000 + gateway.clock.offsetSeconds) % 60)
      const before = gateway.audit().length
      for (const door of ['POST /v1/console', 'POST /v1/credentials'] as const) await DOORS[door].knock(gateway, holder)
      expect(gateway.audit().slice(before)).toMatchObject([
        ...['intent', 'issued'].map((event) => ({ event })),
        { event: 'refused', code: 'rate_limited', reason: 'too_many_of_role', username: 'alice@example.com' },
      ])
      return holder
    },
  },
  {
    because: 'they ask from another network than the role wants (threats.md R12)',
    code: 'condition_unmet',
    prepare: afterRestart(requiring('{ ip: [203.0.113.0/24] }')),
  },
  {
    because: 'it is not the hour for it',
    code: 'condition_unmet',
    prepare: async (world) => afterRestart(requiring(`{ time: "${elsewhen()}" }`))(world),
  },
  {
    because: 'they give no reason where one is asked',
    code: 'condition_unmet',
    prepare: afterRestart(requiring('{ reason: true }')),
  },
  {
    because: 'their second factor was used too long ago (threats.md I6)',
    code: 'step_up_required',
    prepare: async (world) => {
      const holder = await afterRestart(requiring('{ mfa_within: 10m }'))(world)
      world.gateway.clock.offsetSeconds += 11 * 60
      return holder
    },
  },
  {
    because: 'somebody has to approve it, and nobody has',
    code: 'approval_required',
    prepare: afterRestart(requiring('{ approval: { by: { idp: demo, group: payments-leads }, valid_for: 4h } }')),
  },
  {
    because: 'they are a job, which has no browser for a console (threats.md D16)',
    code: 'condition_unmet',
    except: {
      ...pages('sign_in_required'),
      'POST /v1/credentials': 'given',
      [AMZ]: 'given',
      [CONTAINER]: 'sign_in_required',
    },
    prepare: async ({ gateway }) => {
      const { body } = await exchange(gateway, await gateway.jobs.token({ aud: `${gateway.url}/workloads` })).expect(
        200,
      )
      const { access_token: access } = body as { access_token: string }
      return { person: aVisitor(gateway), access, container: '' }
    },
  },
  {
    because: 'less than fifteen minutes are left of their sign-in (threats.md H4)',
    code: 'sign_in_required',
    prepare: async ({ gateway }) => {
      await gateway.start(withSessions('{ browser: { absolute: 20m, idle: 20m } }'))
      const holder = await signedIn(gateway)
      gateway.clock.offsetSeconds += 6 * 60
      return holder
    },
  },
  {
    because: 'their groups were read too long ago to decide anything (threats.md I7)',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: async (world) => {
      const holder = await afterRestart(withSessions('{ claims_max_age: { default: 20m } }'))(world)
      world.gateway.clock.offsetSeconds += 20 * 60 + 5
      return holder
    },
  },
  {
    because: 'their groups were read too long ago for that environment (threats.md I7)',
    code: 'sign_in_required',
    prepare: async (world) => {
      const holder = await afterRestart(withSessions('{ claims_max_age: { default: 1h, env: { dev: 20m } } }'))(world)
      world.gateway.clock.offsetSeconds += 20 * 60 + 5
      return holder
    },
  },
  {
    because: 'their sign-in has ended (threats.md I7)',
    code: 'sign_in_required',
    unrecorded: true,
    prepare: async ({ gateway }) => {
      await gateway.start(withSessions('{ browser: { absolute: 20m, idle: 20m } }'))
      const holder = await signedIn(gateway)
      gateway.clock.offsetSeconds += 20 * 60
      return holder
    },
  },
]

/** One function judges every session and one story hands over: so every door must refuse alike (threats.md D17). */
describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('every refusal at every door'), () => {
  let gateway: GatewayOverRestarts
  beforeAll(async () => {
    gateway = await aGatewayOverRestarts()
  }, 60_000)
  afterAll(() => gateway.close())

  describe.each(ROWS)('$because', ({ code, unrecorded, except = {}, prepare }) => {
    let holder: Holder
    beforeAll(async () => {
      await gateway.start()
      holder = await prepare({ gateway, alice: await signedIn(gateway) })
    }, 60_000)
    afterAll(() => {
      Object.assign(gateway.clock, { offsetSeconds: 0, aheadSeconds: 0 })
      return liftAll(gateway)
    })

    it.each(Object.keys(DOORS) as DoorName[])('%s', async (name) => {
      const { knock, read } = DOORS[name]
      const expected: Verdict = except[name] ?? code
      const before = gateway.audit().length
      const answer = await knock(gateway, holder)
      const { verdict, status } = read(answer)
      // Three of our codes are one word to stock clients; the record tells them apart.
      const isForbidden = name === AMZ && STATUS[expected] === 403
      expect(verdict).toBe(isForbidden ? 'ForbiddenException' : expected)
      // A proof that opens nothing is on record once a minute, whoever shows it (test/http/no-proof.test.ts).
      const records = gateway
        .audit()
        .slice(before)
        .filter(({ event }) => event !== 'turned_away')
      if (expected === 'given') return expect(records.map(({ event }) => event)).toEqual(['intent', 'issued'])
      expect(status).toBe(STATUS[expected])
      // SDKs try such an answer again, and no other.
      if (status === 429) expect(Number(answer.headers['retry-after'])).toSatisfy((wait) => wait > 0 && wait <= 60)
      else expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined)
      expect(answer.text).not.toMatch(/ASIA|SigninToken/)
      const nobody = unrecorded === true || (expected !== code && holder.container === '')
      // The stock clients’ door names the account by its digits.
      const role = name === AMZ ? ROLE.replace('payments-dev', '111122223333') : ROLE
      expect(records.map((record) => [record['event'], record['code'], record['role']])).toEqual(
        nobody ? [] : [['refused', expected, role]],
      )
    })
  })

  it.each(Object.keys(DOORS) as DoorName[])(
    '%s: what AWS lent is withheld when a reload has closed the role meanwhile (threats.md H5)',
    async (name) => {
      const { knock, read } = DOORS[name]
      await gateway.start()
      const alice = await signedIn(gateway)
      const before = gateway.audit().length
      const hold = gateway.world.aws.hold()
      const asked = knock(gateway, alice)
      await hold.arrived
      expect(
        await gateway.reload(
          withRule('  - { id: frozen, match: { everyone: true }, deny: { accounts: "*", roles: "*" } }'),
        ),
      ).toBe(true)
      hold.release()
      const answer = await asked
      expect(answer.status).toBe(403)
      expect(read(answer).verdict).toBe(name === AMZ ? 'ForbiddenException' : 'denied_by_rule')
      expect(answer.text).not.toMatch(/ASIA|SigninToken/)
      const records = gateway.audit().slice(before)
      expect(records.map(({ event }) => event)).toEqual(['intent', 'config_loaded', 'withheld'])
      expect(records.at(-1)).toMatchObject({ code: 'denied_by_rule', access_key_id: expect.stringMatching(/^ASIA/) })
    },
  )

  it.each(Object.keys(DOORS) as DoorName[])(
    '%s: what AWS lent is withheld when the role, or its taker, was closed from the host meanwhile (threats.md H5, V1)',
    async (name) => {
      const { knock, read } = DOORS[name]
      for (const [aimOf, code, status] of [
        [async () => ({ kind: 'role', role: ROLE }), 'denied_by_rule', 403],
        [(desk: EmergencyDesk) => desk.findPerson('demo/u-alice'), 'sign_in_required', 401],
      ] as readonly (readonly [(desk: EmergencyDesk) => Promise<Aim>, ErrorCode, number])[]) {
        await gateway.start()
        const alice = await signedIn(gateway)
        const before = gateway.audit().length
        const hold = gateway.world.aws.hold()
        const asked = knock(gateway, alice)
        await hold.arrived
        await closedOnHost(aimOf)({ gateway, alice })
        hold.release()
        const answer = await asked
        await liftAll(gateway)
        expect(read(answer)).toEqual({ verdict: name === AMZ && status === 403 ? 'ForbiddenException' : code, status })
        expect(answer.text).not.toMatch(/ASIA|SigninToken/)
        const records = gateway.audit().slice(before)
        expect(records.map(({ event }) => event)).toEqual(['intent', 'withheld'])
        expect(records.at(-1)).toMatchObject({ code, access_key_id: expect.stringMatching(/^ASIA/) })
      }
    },
    60_000,
  )

  it.each(Object.keys(DOORS) as DoorName[])(
    '%s: what AWS lent to somebody who signed out meanwhile is withheld (threats.md H5)',
    async (name) => {
      const { knock, read } = DOORS[name]
      await gateway.start()
      const alice = await signedIn(gateway)
      const _csrf = await alice.person.csrf()
      const before = gateway.audit().length
      const hold = gateway.world.aws.hold()
      const asked = knock(gateway, alice)
      await hold.arrived
      await alice.person.post('/sign-out', { _csrf }).expect(303)
      hold.release()
      const answer = await asked
      expect(read(answer)).toEqual({ verdict: 'sign_in_required', status: 401 })
      expect(answer.text).not.toMatch(/ASIA|SigninToken/)
      const records = gateway.audit().slice(before)
      expect(records.map(({ event }) => event)).toEqual(['intent', 'sign_out', 'withheld'])
      expect(records.at(-1)).toMatchObject({ code: 'sign_in_required', access_key_id: expect.stringMatching(/^ASIA/) })
    },
  )
})
