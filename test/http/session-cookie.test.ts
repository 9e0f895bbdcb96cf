import express from 'express'
import request from 'supertest'
import { expect, it } from 'vitest'
import { sessionCookieFor } from '../../src/http/browser-session.ts'

it('on https the cookie is cleared with the attributes it was set with: a browser ignores __Host- without Secure (security.md W-8)', async () => {
  const { name, options } = sessionCookieFor(true)
  const app = express().get('/', (_req, res) => void res.clearCookie(name, options).end())
  const [cleared = ''] = (await request(app).get('/')).headers['set-cookie'] as unknown as string[]
  expect(cleared).toMatch(
    /^__Host-rolegate=; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax$/,
  )
  expect(sessionCookieFor(false).name).toBe('rolegate')
})
