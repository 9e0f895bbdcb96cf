import { createServer, type ServerResponse } from 'node:http'
import request from 'supertest'
import { expect, it } from 'vitest'
import { sessionCookieFor } from '../../src/http/browser-session.ts'
import { setCookie, takeCookieAway } from '../../src/http/set-cookie.ts'

const linesOf = async (answer: (res: ServerResponse) => void): Promise<readonly string[]> => {
  const server = createServer((_req, res) => (answer(res), res.end()))
  return (await request(server).get('/')).headers['set-cookie'] as unknown as string[]
}

it('on https the cookie is cleared with the attributes it was set with: a browser ignores __Host- without Secure (security.md W-8)', async () => {
  const { name, attributes } = sessionCookieFor(true)
  expect(await linesOf((res) => takeCookieAway(res, name, attributes))).toEqual([
    '__Host-rolegate=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; Secure; SameSite=Lax',
  ])
  expect(sessionCookieFor(false).name).toBe('rolegate')
})

it('several cookies go out as several lines, each with its own attributes (RFC 6265 §3)', async () => {
  const lines = await linesOf((res) => {
    setCookie(res, 'one', 'a%3Ab', { secure: false, sameSite: 'lax', seconds: 600 })
    setCookie(res, '__Host-two', 'c_d-e', { secure: true, sameSite: 'none', seconds: 60 })
  })
  expect(lines).toEqual([
    'one=a%3Ab; Max-Age=600; Path=/; HttpOnly; SameSite=Lax',
    '__Host-two=c_d-e; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=None',
  ])
})
