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
  expect(answer.body).toMatchObject({ code: 'aws_unavailable', detail: expect.stringContaining('asks it nothing') })
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect(demo.audit().at(-1)).toMatchObject({ event: 'refused', reason: 'not_asked_while_down' })
  const ready = await request(demo.managementUrl).get('/readyz').expect(200)
  expect(ready.body).toMatchObject({ status: 'degraded', degraded: [expect.stringMatching(/^sts:[\w-]+:[\w-]+$/)] })
  expect(demo.printed()).toContain('AWS does not answer')
})

it('a limit of our own is called that, and not AWS’s: by the answer, the log and the metrics (threats.md P7)', async () => {
  const own = await aDemo()
  try {
    const person = await aPersonAt(own, 'alice')
    const { accessToken } = await aTerminalOf(own, person)
    const holds = Array.from({ length: 10 }, () => own.world.aws.hold())
    // Of one request twice within a second AWS is asked once: each asks for another time.
    const asked = Array.from({ length: 11 }, (_, at) =>
      request(own.url)
        .post('/v1/credentials')
        .set('authorization', `Bearer ${accessToken}`)
        .send({ role: 'payments-dev/readonly', seconds: 900 + at })
        .then((answer) => answer),
    )
    const first = await Promise.race(asked)
    for (const { release } of holds) release()
    expect(first.status).toBe(503)
    expect(first.body).toMatchObject({
      code: 'aws_unavailable',
      title: 'Too many ask for AWS here at once',
      detail: expect.stringContaining('Rolegate has a limit of its own'),
      next: expect.stringContaining('asks for fewer at once'),
    })
    expect((await Promise.all(asked)).map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      ...Array<number>(10).fill(200),
      503,
    ])
    expect(own.printed()).toContain('too_many_at_once')
    const { text } = await request(own.managementUrl).get('/metrics').expect(200)
    expect(text).toContain('rolegate_aws_not_asked_total{why="too_many_at_once"} 1')
  } finally {
    await own.close()
  }
})
