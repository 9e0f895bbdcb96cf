import { describe, expect, it } from 'vitest'
import { aProblem, aRole, type Reply } from '../fake-gateway.ts'
import { signedIn } from '../fake-terminal.ts'

const ROLE = 'payments-dev/admin'
const ID = 'req-Zk3T_-aB12345678'
const asked = (over: object = {}): Reply => ({ status: 201, json: aRow(over) })
const told = (over: object = {}): Reply => ({ json: aRow(over) })
const aRow = (over: object = {}) => ({
  id: ID,
  role: ROLE,
  status: 'asked',
  own: true,
  requester: { username: 'alice@example.com', idp: 'okta' },
  via: { rule: 'r', group: 'g' },
  reason: 'INC-1',
  seconds: 3600,
  askedAt: '2030-01-01T09:00:00.000Z',
  expiresAt: '2030-01-02T09:00:00.000Z',
  approvers: ['leads'],
  url: 'https://evil.example/approvals/x',
  intervalSeconds: 5,
  ...over,
})
const aGrant = {
  status: 'approved',
  answer: { by: 'lena@example.com', at: '2030-01-01T09:01:00Z', note: 'be quick', seconds: 3600 },
  grantedUntil: '2030-01-01T10:01:00.000Z',
}
const approved = told(aGrant)
const denied = told({ status: 'denied', answer: { by: 'lena@example.com', at: '2030-01-01T09:01:00Z', note: 'no' } })
const ASK = 'POST /v1/requests'
const LOOK = `GET /v1/requests/${ID}`

async function aRequester(...replies: Reply[]) {
  const world = await signedIn()
  world.gateway.on('GET /v1/roles', { json: { roles: [aRole(ROLE, { state: 'needs_approval' })] } })
  world.gateway.on(ASK, ...(replies.length > 0 ? replies : [asked()]))
  return world
}

describe('rolegate request', () => {
  it('asks, says whom to send the address to, and ends with 7: nobody has said yes', async () => {
    const { run, gateway, asked: sent } = await aRequester()
    const { exit, out, err } = await run('request', 'payments-dev/ad', '--reason', 'INC-1', '--for', '1h')
    expect([exit, out]).toEqual([7, `${ID}\n`])
    expect(sent(ASK)).toEqual([{ role: ROLE, reason: 'INC-1', seconds: 3600 }])
    // The address is of the gateway it was asked at, whatever the answer says (threats.md D13).
    expect(err).toContain(`Send this to one of leads:\n  ${gateway.origin}/approvals/${ID}`)
    expect(err).not.toContain('evil.example')
  })

  it('says the address even quietly, and the answer as it came as JSON', async () => {
    const { run, gateway } = await aRequester()
    const { exit, out, err } = await run('request', ROLE, '--reason', 'INC-1', '-q', '--json')
    expect([exit, JSON.parse(out).id]).toEqual([7, ID])
    expect(err).toContain(`${gateway.origin}/approvals/${ID}`)
  })

  it('waits as often as the gateway says, and ends with 0 once it is approved', async () => {
    const { run, gateway, terminal } = await aRequester()
    gateway.on(LOOK, told(), told({ intervalSeconds: 9 }), aProblem(429, 'rate_limited'), approved)
    const { exit, err } = await run('request', ROLE, '--reason', 'INC-1', '--wait')
    expect(exit).toBe(0)
    expect(terminal.slept).toEqual([5000, 5000, 9000, 20_000])
    expect(err).toContain(`${ROLE}: approved by lena@example.com until 10:01: “be quick”`)
  })

  it.each([
    ['it is denied', denied, 5, 'lena@example.com has denied payments-dev/admin: “no”'],
    ['it is taken back', told({ status: 'cancelled' }), 7, 'The request was taken back'],
    ['nobody answers', told({ status: 'expired' }), 7, 'Nobody answered the request within a day'],
    [
      'it is approved, and counts no more',
      told({ status: 'void', why: 'The rules have changed since.' }),
      7,
      'the approval counts no more. The rules have changed since.',
    ],
    [
      'nobody can answer it any more',
      told({ status: 'moot', why: 'The rules have changed since.' }),
      7,
      'Nobody can answer the request any more. The rules have changed since.',
    ],
    ['the gateway knows a state that this client does not', told({ status: 'paused' }), 7, 'is paused'],
  ])('ends when %s', async (_when, reply, code, words) => {
    const { run, gateway } = await aRequester()
    gateway.on(LOOK, told(), reply)
    const { exit, err } = await run('request', ROLE, '--reason', 'INC-1', '--wait')
    expect([exit, err.includes(words)]).toEqual([code, true])
  })

  it('says that it was asked before, for another reason, and that it gives no more', async () => {
    const { run } = await aRequester(asked({ reason: 'INC-0' }), asked({ seconds: 4 * 3600 }), asked())
    const { err } = await run('request', ROLE, '--reason', 'INC-1')
    expect(err).toContain(`You asked for ${ROLE} at 09:00, for 1h, and that request still waits: “INC-0”`)
    expect(err).toContain(
      `take it back first: rolegate requests cancel ${ID}\nNothing new is asked. Send this to one of`,
    )
    const longer = await run('request', ROLE, '--reason', 'INC-1', '--for', '1h')
    expect(longer.err).toContain('at 09:00, for 4h, and that request still waits')
    const { err: cut } = await run('request', ROLE, '--reason', 'INC-1', '--for', '3h')
    expect(cut).toContain(
      'Shortened to 1h: an approval of it is good for no longer.\nAsked for payments-dev/admin, for 1h.',
    )
  })

  it('does not say that it was asked for now what waited already, in the very same words', async () => {
    const { run, gateway } = await aRequester(asked({ askedAt: '2029-12-31T17:00:00.000Z' }))
    gateway.on('GET /v1/roles', { json: { roles: [aRole(ROLE, { state: 'needs_approval', pending: ID })] } })
    const { exit, err } = await run('request', ROLE, '--reason', 'INC-1')
    expect(exit).toBe(7)
    expect(err).toBe(
      [
        `You asked for ${ROLE} on 2029-12-31 at 17:00, for 1h, and that request still waits: “INC-1”`,
        'Nothing new is asked. Send this to one of leads:',
        `  ${gateway.origin}/approvals/${ID}`,
        'It is open until 2030-01-02 09:00. See how it goes: rolegate requests',
        '',
      ].join('\n'),
    )
  })

  it.each([
    [['request', ROLE], 'Say why you need it'],
    [['request', ROLE, '--reason', ''], 'A reason is one line'],
    [['request', ROLE, '--reason', 'x', '--for', '60'], 'names no unit'],
    [['request', ROLE, '--reason', 'x', '--for', '15m'], 'An approval is for 30m at least'],
    [['request', '--reason', 'x'], 'A ROLE is missing'],
    [['request', ROLE, '--reason', 'x', '--for', '25h'], 'An approval is for 24h at most'],
    [['approve'], 'An ID is missing; see: rolegate requests'],
    [['approve', '../x'], 'Name the request'],
    [['requests', 'cancel'], 'requests cancel ID'],
    [['requests', 'cancel', '../x'], 'requests cancel ID'],
  ])('%j is not how it is used', async (line, words) => {
    const { run, asked: sent } = await aRequester()
    const { exit, err } = await run(...line)
    expect([exit, err.includes(words)]).toEqual([2, true])
    expect(sent(ASK)).toEqual([])
  })

  it.each([
    [
      'GET /v1/requests/nope',
      ['approve', 'nope'],
      'There is no request nope that you may see.\nSee: rolegate requests',
    ],
    [
      'POST /v1/requests/nope/cancel',
      ['requests', 'cancel', 'nope'],
      'There is no request nope that you may see.\nSee: rolegate requests',
    ],
    [
      'POST /v1/sessions/end',
      ['sessions', 'end', 'nope'],
      'There is no session nope that you may see.\nSee: rolegate sessions',
    ],
  ])('says of an id that nothing has: %s', async (route, line, words) => {
    const { run, gateway } = await signedIn()
    gateway.on(route, aProblem(404, 'not_found', { next: ['Go to the portal.'] }))
    const { exit, err } = await run(...line)
    expect([exit, err]).toEqual([1, `error: ${words}\ncode not_found, request req-1\n`])
  })

  it('takes a time of day, as every length does', async () => {
    const { run, asked: sent } = await aRequester()
    await run('request', ROLE, '--reason', 'x', '--for', 'until', '11:00')
    expect(sent(ASK)).toEqual([{ role: ROLE, reason: 'x', seconds: 2 * 3600 }])
  })

  it('passes on why there is nothing to ask for', async () => {
    const { run } = await aRequester(aProblem(403, 'condition_unmet', { detail: 'Nothing has to be approved.' }))
    const { exit, err } = await run('request', ROLE, '--reason', 'x')
    expect([exit, err.includes('Nothing has to be approved.')]).toEqual([5, true])
  })

  it('puts no id into an address that is none', async () => {
    const { run } = await aRequester(asked({ id: '../../sign-out' }))
    expect((await run('request', ROLE, '--reason', 'x')).exit).toBe(9)
  })
})

describe('a role that waits for an answer', () => {
  const refused = aProblem(403, 'approval_required', { title: 'This needs an approval', pending: ID })
  const lines = [
    ['exec', ROLE, '--', 'true'],
    ['env', ROLE],
    ['credential-process', ROLE],
    ['console', ROLE, '--print'],
  ]

  it.each(lines)('is told so, since when and whom to remind: %s', async (...line) => {
    const { run, gateway } = await aRequester()
    for (const route of ['POST /v1/credentials', 'POST /v1/console']) gateway.on(route, refused)
    gateway.on(LOOK, told())
    const { exit, err } = await run(...line)
    expect(exit).toBe(7)
    expect(err.replaceAll(/ · |\s+/g, ' ')).toContain(
      `error: ${ROLE} waits for somebody to approve it. You asked for it at 09:00, for 1h: “INC-1” Send this to one of leads: ${gateway.origin}/approvals/${ID} code approval_required`,
    )
  })

  it.each([
    ['it is answered meanwhile', denied, refused],
    ['nobody knows of it', aProblem(404, 'not_found'), refused],
    ['its id is none', told(), aProblem(403, 'approval_required', { pending: '../../x' })],
  ])('is what the gateway said where %s', async (_when, look, refusal) => {
    const { run, gateway } = await aRequester()
    gateway.on('POST /v1/credentials', refusal)
    gateway.on(LOOK, look)
    const { exit, err } = await run('exec', ROLE, '--', 'true')
    expect([exit, err.includes('Because.'), err.includes('waits for somebody')]).toEqual([7, true, false])
  })
})

describe('rolegate requests', () => {
  const waiting = aRow({ own: false, requester: { username: 'bob\u001B[2J@example.com' }, mayApprove: false })
  it('lists what waits for one’s word before one’s own, and obeys nothing in it (security.md D-26)', async () => {
    const { gateway, run } = await signedIn()
    const shorter = aRow({ ...aGrant, seconds: 4 * 3600 })
    gateway.on('GET /v1/requests', { json: { own: [shorter], waiting: [waiting] } })
    const { out } = await run('requests')
    expect(out).not.toContain('\u001B')
    expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(2, 5))).toEqual([
      ['ROLE', 'FOR', 'STATE'],
      [ROLE, '1h', 'waiting'],
      [ROLE, '1h', 'until 10:01'],
      [],
    ])
    const csv = (await run('requests', '-o', 'csv')).out.split('\r\n').map((row) => row.split(','))
    expect(csv.map((row) => [row[4], row.at(-1)])).toEqual([
      ['seconds', 'granted_seconds'],
      ['3600', ''],
      ['14400', '3600'],
      [undefined, ''],
    ])
    expect(JSON.parse((await run('requests', '--json')).out).waiting).toHaveLength(1)
  })

  it('says how many more there are, and asks for a page or for words', async () => {
    const { run, gateway } = await signedIn()
    const rows = { own: [aRow()], ownCount: 4, waiting: [aRow({ own: false })], waitingCount: 151 }
    gateway.on('GET /v1/requests', { json: rows })
    expect((await run('requests')).err).toBe(
      '150 more wait for your answer: --page N for another fifty, --search TEXT for fewer.\nYou asked for 3 more, longer ago.\n',
    )
    gateway.on('GET /v1/requests?q=payments+ali&page=2', { json: { ...rows, own: [], ownCount: 0, waitingCount: 1 } })
    const { exit, out, err } = await run('requests', '--search', 'payments ali', '--page', '2')
    expect([exit, out.includes(ID), err]).toEqual([0, true, ''])
    for (const page of ['0', '-1', 'two']) expect((await run('requests', `--page=${page}`)).exit).toBe(2)
  })

  it('lists what one answered, of a gateway that says so', async () => {
    const { gateway, run } = await signedIn()
    const theirs = aRow({ ...aGrant, own: false, requester: { username: 'zoe@example.com' } })
    gateway.on('GET /v1/requests', {
      json: { own: [aRow()], waiting: [aRow({ own: false })], answered: [theirs], answeredMore: true },
    })
    const { out, err } = await run('requests', '--answered')
    expect(err).toBe('You answered more, longer ago: --page N for another fifty.\n')
    expect(out.split('\n').map((line) => line.split(/ {2,}/)[1])).toEqual(['WHO', 'zoe@example.com', undefined])
    expect((await run('requests')).out).not.toContain('zoe')
    gateway.on('GET /v1/requests', { json: { own: [], waiting: [] } })
    expect(out).toContain('WHY    ANSWER\n')
    expect(out).toContain('lena@example.com: “be quick”\n')
    expect((await run('requests', '--answered')).err).toBe('You answered nothing of late that is still yours to see.\n')
    expect((await run('requests', '--answered', '--search', 'x')).exit).toBe(2)
    gateway.on('GET /v1/requests?answered=2', { json: { own: [], waiting: [], answered: [theirs] } })
    expect((await run('requests', '--answered', '--page', '2')).out).toContain('zoe@example.com')
  })

  it('takes one back', async () => {
    const { run, gateway, asked: sent } = await signedIn()
    gateway.on(`POST /v1/requests/${ID}/cancel`, { status: 204, raw: '' })
    expect(await run('requests', 'cancel', ID)).toEqual({ exit: 0, out: '', err: 'Taken back.\n' })
    expect(sent(`POST /v1/requests/${ID}/cancel`)).toHaveLength(1)
  })
})

describe('rolegate approve', () => {
  const theirs = { own: false, requester: { username: 'alice@example.com' } }

  it('shows who asks, opens the page, and tells the answer that was given there', async () => {
    const { run, gateway, terminal } = await signedIn({ env: { DISPLAY: ':0' } })
    gateway.on(LOOK, told(theirs), told(theirs), approved)
    const { exit, err } = await run('approve', ID)
    expect(exit).toBe(0)
    expect(err).toContain(`alice@example.com asks for ${ROLE}, for 1h: “INC-1”`)
    expect(terminal.spawned.map(({ args }) => args)).toEqual([[`${gateway.origin}/approvals/${ID}`]])
    expect(err).toContain('approved by lena@example.com')
  })

  it('opens nothing over SSH, or where nobody wants it, and says the address', async () => {
    for (const env of [{ SSH_TTY: '/dev/pts/1' }, { ROLEGATE_NO_BROWSER: '1', DISPLAY: ':0' }]) {
      const { run, gateway, terminal } = await signedIn({ env })
      gateway.on(LOOK, told(theirs), denied)
      const { exit, err } = await run('approve', ID)
      expect([exit, terminal.spawned]).toEqual([5, []])
      expect(err).toContain(`${gateway.origin}/approvals/${ID}`)
    }
  })

  it('ends with 7 when nobody answers, and refuses one’s own', async () => {
    const { run, gateway } = await signedIn()
    gateway.on(LOOK, told(theirs))
    expect((await run('approve', ID, '--no-browser')).exit).toBe(7)
    gateway.on(LOOK, told())
    const { exit, err } = await run('approve', ID)
    expect([exit, err.includes('That is your own request')]).toEqual([5, true])
  })
})
