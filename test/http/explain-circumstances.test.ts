import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'
import { aTerminalBeside } from '../support/an-authorization.ts'

const REQUIRE = '{ ip: [203.0.113.0/24], time: "Mon-Fri 07:00-20:00 Europe/Berlin", mfa_within: 10m, reason: true }'

let demo: Demo
let alice: Person
let bearer: string
/** Nobody in particular may look at anything, but from the office. */
beforeAll(async () => {
  demo = await aDemo({
    edit: (text) => text.replace(/(\n {2}readonly: \{.*) \}/, (_, whole: string) => `${whole}, require: ${REQUIRE} }`),
  })
  alice = await aPersonAt(demo, 'alice')
  bearer = await aTerminalBeside(demo, alice)
})
afterAll(() => demo.close())

const MONDAY = '2030-01-07T09:00:00+01:00'
const as = async (said: object) => {
  const answer = await request(demo.url)
    .post('/v1/explain')
    .set('authorization', `Bearer ${bearer}`)
    .send({ role: 'data-prod/readonly', as: { idp: 'demo', groups: ['auditors'], ...said } })
  return answer.body as {
    available: boolean
    because: string
    as: object
    conditions: { condition: string; met: boolean; assumed?: true; why: string }[]
  }
}

describe('explaining under circumstances', () => {
  it('takes what is left out as the rules want it, and says so', async () => {
    const told = await as({})
    expect(told).toMatchObject({ available: true, because: 'granted' })
    expect(told.conditions.map(({ condition, met, assumed }) => [condition, met, assumed])).toEqual([
      ['mfa_within', true, true],
      ['ip', true, true],
      ['time', true, true],
      ['reason', true, true],
    ])
    expect(told.conditions.map(({ why }) => why)).toContain('an address in 203.0.113.0/24: taken as met.')
  })

  it.each([
    ['all is well', { at: MONDAY, ip: '203.0.113.9', mfa: '5m', reason: 'INC-1' }, 'granted'],
    ['another network', { ip: '198.51.100.1' }, 'condition_unmet'],
    ['a Sunday', { at: '2030-01-06T12:00:00Z' }, 'condition_unmet'],
    ['before seven, there', { at: '2030-01-07T05:59:00Z' }, 'condition_unmet'],
    ['a factor of long ago', { mfa: '11m' }, 'step_up_required'],
    ['no second factor', { mfa: false }, 'step_up_required'],
  ])('%s: %o is %s', async (_, said, because) => {
    const told = await as(said)
    expect([told.because, told.available]).toEqual([because, because === 'granted'])
    // It is said back, in the words it was asked in.
    const { at, ...rest } = said as { at?: string }
    expect(told.as).toMatchObject({ ...rest, ...(at !== undefined && { at: new Date(at).toISOString() }) })
  })

  it('says which reason would not do; it is given with the request, and closes nothing before', async () => {
    const told = await as({ reason: false })
    expect([told.because, told.conditions.find(({ condition }) => condition === 'reason')?.met]).toEqual([
      'granted',
      false,
    ])
  })

  it('is asked on the page, too, which keeps what was typed', async () => {
    const fields = { role: 'data-prod/readonly', idp: 'demo', groups: 'auditors', reason: '', mfa: 'none' }
    const _csrf = await alice.csrf('/admin/access')
    const page = await alice.post('/admin/access', { ...fields, _csrf, at: '2030-01-06T12:00', ip: '203.0.113.9' })
    expect(page.status).toBe(200)
    expect(page.text).toContain('A rule gives them this role, but not')
    expect(page.text).toMatch(/✗ a time within Mon-Fri 07:00-20:00 Europe\/Berlin; said is Sun/)
    expect(page.text).toContain('✓ an address in 203.0.113.0/24; said is 203.0.113.9.')
    expect(page.text).toContain('value="2030-01-06T12:00"')
    expect(page.text).toContain('<option value="none" selected>')
    const wrong = await alice.post('/admin/access', { ...fields, _csrf, at: '', ip: '<script>' })
    expect([wrong.status, wrong.text.includes('<script>"')]).toEqual([400, false])
  })

  it('lists every role of somebody where none is named, and what each wants', async () => {
    const fields = { role: '', idp: 'demo', groups: 'auditors\npayments-admins', reason: '', at: '', mfa: '' }
    const _csrf = await alice.csrf('/admin/access')
    const page = await alice.post('/admin/access', { ...fields, _csrf, ip: '192.0.2.1' }).expect(200)
    expect(page.text).toContain('2 roles')
    expect(page.text).toMatch(/payments-prod\/admin<\/code> <em class="tag">elevated<\/em> by rule payments-admins/)
    expect(page.text).toMatch(
      /data-prod\/readonly<\/code> by rule auditors, not without an address in 203\.0\.113\.0\/24/,
    )
    const none = await alice.post('/admin/access', { ...fields, _csrf, groups: 'x' }).expect(200)
    expect(none.text).toContain('No rule gives them anything.')
  })

  it('says what is missing where nothing is asked yet, and keeps what was typed', async () => {
    const blank = { role: '', idp: '', groups: '', reason: '', at: '', mfa: '', ip: '' }
    const _csrf = await alice.csrf('/admin/access')
    const nothing = await alice.post('/admin/access', { ...blank, _csrf }).expect(400)
    expect(nothing.text).toContain('Name a role, or say which directory somebody signs in with.')
    for (const role of ['', 'data-prod/readonly']) {
      const whose = await alice.post('/admin/access', { ...blank, _csrf, role, groups: 'auditors' }).expect(400)
      expect(whose.text).toContain('Say which directory states these groups')
      expect(whose.text).toContain('auditors</textarea>')
    }
  })

  it('says what a role asks for, where it says who may take it', async () => {
    const nobody = { idp: '', groups: '', at: '', ip: '', mfa: '', reason: '' }
    const _csrf = await alice.csrf('/admin/access')
    const page = await alice.post('/admin/access', { ...nobody, _csrf, role: 'data-prod/readonly' })
    expect(page.text).toContain('a second factor within the last 10m, and an address in 203.0.113.0/24')
  })
})
