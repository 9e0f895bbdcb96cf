import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'

const VIEW_ONLY = 'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess'
const ROLE = '/roles/data-prod/readonly'

let demo: Demo
let bob: Person
beforeAll(async () => {
  demo = await aDemo()
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
