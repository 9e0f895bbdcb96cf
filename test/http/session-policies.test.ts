import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'

const VIEW_ONLY = 'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess'
const ROLE = '/roles/data-prod/readonly'

/** The demo's file names it from the folder it is started in. */
const POLICY_FILE = 'test/support/no-iam-write.json'
const POLICY = JSON.stringify(JSON.parse(readFileSync(POLICY_FILE, 'utf8')))

let demo: Demo
let bob: Person
beforeAll(async () => {
  demo = await aDemo({
    edit: (text) =>
      text.replace('summary: Deploy and debug,', `summary: Deploy and debug, session_policy_file: ${POLICY_FILE},`),
  })
  bob = await aPersonAt(demo, 'bob')
})
afterAll(() => demo.close())

describe('a role that is narrowed by a session policy', () => {
  it('says so on its page', async () => {
    const page = await bob.get(ROLE).expect(200)
    expect(page.text).toContain('what a session policy allows too')
    expect(page.text).toContain(VIEW_ONLY)
  })

  it('is narrowed at AWS, and on record (security.md T-11)', async () => {
    await bob.post(`${ROLE}/credentials`, { _csrf: await bob.csrf(ROLE) }).expect(200)
    expect(demo.world.aws.log().at(-1)).toMatchObject({
      operation: 'AssumeRoleWithSAML',
      outcome: 'issued',
      narrowedTo: { arns: [VIEW_ONLY] },
    })
    expect(demo.audit().slice(-2)).toMatchObject([
      { event: 'intent', policy_arns: [VIEW_ONLY] },
      { event: 'issued', policy_arns: [VIEW_ONLY], packed_policy_size: 3 },
    ])
  })

  it('by an inline policy too, beside session tags, in a terminal', async () => {
    const { accessToken } = await aTerminalOf(demo, await aPersonAt(demo, 'alice'))
    const answer = await request(demo.url)
      .post('/v1/credentials')
      .set('authorization', `Bearer ${accessToken}`)
      .send({ role: 'payments-dev/developer' })
      .expect(200)
    expect(demo.world.aws.log().at(-1)).toMatchObject({
      operation: 'AssumeRoleWithWebIdentity',
      accessKeyId: (answer.body as { accessKeyId: string }).accessKeyId,
      narrowedTo: { policy: POLICY, arns: [] },
    })
    const hash = createHash('sha256').update(POLICY).digest('hex')
    expect(demo.audit().at(-1)).toMatchObject({ event: 'issued', policy_hash: hash })
    expect(demo.audit().at(-1)).not.toHaveProperty('policy_arns')
  })

  it('has the console say so', async () => {
    const move = await bob.post(`${ROLE}/console`, { _csrf: await bob.csrf(ROLE) }).expect(303)
    const entered = await fetch(move.headers['location'] ?? '', { redirect: 'manual' })
    const ticket = await fetch(entered.headers.get('location') ?? '', { redirect: 'manual' })
    const cookie = ticket.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const page = await fetch(new URL(ticket.headers.get('location') ?? '', entered.headers.get('location') ?? ''), {
      headers: { cookie },
    })
    expect(await page.text()).toContain(VIEW_ONLY)
  })

  it('is as wide as ever for whoever has it by another rule', async () => {
    const alice = await aPersonAt(demo, 'alice')
    expect((await alice.get(ROLE).expect(200)).text).not.toContain('session policy')
  })
})
