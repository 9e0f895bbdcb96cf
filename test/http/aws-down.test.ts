import request from 'supertest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf } from '../support/a-person.ts'

let demo: Demo
beforeAll(async () => void (demo = await aDemo()))
afterAll(() => demo.close())

it('AWS that is down is not asked for everybody: they hear so at once, and /readyz names it (security.md V-8)', async () => {
  const { accessToken } = await aTerminalOf(demo, await aPersonAt(demo, 'alice'))
  const take = () =>
    request(demo.url)
      .post('/v1/credentials')
      .set('authorization', `Bearer ${accessToken}`)
      .send({ role: 'payments-dev/readonly' })
  demo.world.aws.behave('down')
  await Promise.all(Array.from({ length: 10 }, () => take().expect(503)))
  // Whoever asked it now would get the role.
  demo.world.aws.behave('normal')
  const answer = await take().expect(503)
  expect(answer.body).toMatchObject({ code: 'aws_unavailable' })
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect(demo.audit().at(-1)).toMatchObject({ event: 'refused', reason: 'not_asked_while_down' })
  const ready = await request(demo.managementUrl).get('/readyz').expect(200)
  expect(ready.body).toMatchObject({ status: 'degraded', degraded: [expect.stringMatching(/^sts:[\w-]+:[\w-]+$/)] })
  expect(demo.printed()).toContain('AWS does not answer')
})
