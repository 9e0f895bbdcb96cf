import express from 'express'
import helmet from 'helmet'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { makeSecurityHeaders } from '../../src/http/security-headers.ts'

const headersWith = async (settings: Parameters<typeof makeSecurityHeaders>[0]) => {
  const app = express().use(makeSecurityHeaders(settings), (_req, res) => void res.end())
  await request(app).get('/')
  return (await request(app).get('/').expect(200)).headers
}

describe('security headers (security.md W-12, W-13)', () => {
  it('are those that helmet sets, each of them, in every answer', async () => {
    const app = express().use(helmet(), (_req, res) => void res.end())
    const { headers: byHelmet } = await request(app).get('/').expect(200)
    const named = Object.keys(await headersWith({ secure: true })).toSorted()
    expect(named).toEqual(expect.arrayContaining(Object.keys(byHelmet).filter((name) => name !== 'x-powered-by')))
  })

  it('name where forms lead, and https only where we have it', async () => {
    const secure = await headersWith({ secure: true, formTargets: ['https://signin.aws.amazon.com'] })
    expect(secure['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';form-action 'self' https://signin.aws.amazon.com;" +
        "frame-ancestors 'none';base-uri 'none';require-trusted-types-for 'script';upgrade-insecure-requests",
    )
    expect(secure['strict-transport-security']).toBe('max-age=63072000')
    const plain = await headersWith({ secure: false })
    expect(plain['content-security-policy']).not.toContain('upgrade-insecure-requests')
    expect(plain['strict-transport-security']).toBeUndefined()
  })
})
