import { describe, expect, it } from 'vitest'
import { hearCallback } from '../../../src/cli/login/callback.ts'

const DUE = { port: 50123, state: 'st4te', issuer: 'https://aws.example.com' }
const GOOD = { code: 'rgc_abc', state: 'st4te', iss: 'https://aws.example.com' }
const at = (params: Record<string, string>) => `/callback?${new URLSearchParams(params).toString()}`
const hear = (target: string, over: object = {}) =>
  hearCallback({ method: 'GET', target, host: '127.0.0.1:50123', ...over }, DUE)
const without = (name: keyof typeof GOOD) => Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name))

describe('what comes back to the loopback port (security.md D-24)', () => {
  it('is a code, when it is all it must be; the page says so without script, and without the code', () => {
    const { page, callback } = hear(at(GOOD))
    expect(callback).toEqual({ code: 'rgc_abc' })
    expect(page.status).toBe(200)
    for (const secret of ['rgc_abc', 'st4te', '<script', 'http']) expect(page.body).not.toContain(secret)
  })

  it.each([
    { what: 'another name in Host', host: 'evil.example.com:50123' },
    { what: 'localhost in Host', host: 'localhost:50123' },
    { what: 'another port in Host', host: '127.0.0.1:80' },
    { what: 'no Host', host: undefined },
  ])('is not heard with $what', ({ host }) => {
    expect(hear(at(GOOD), { host })).toEqual({ page: expect.objectContaining({ status: 421 }) })
  })

  it.each(['POST', 'HEAD', 'OPTIONS'])('is not heard by %s', (method) => {
    expect(hear(at(GOOD), { method })).toEqual({ page: expect.objectContaining({ status: 405 }) })
  })

  it.each([
    '/',
    '/favicon.ico',
    '/callback/',
    '/Callback?code=x',
    '//evil/callback?code=x',
    `http://127.0.0.1:50123${at(GOOD)}`,
  ])('is not heard at %s', (target) => {
    expect(hear(target)).toEqual({ page: expect.objectContaining({ status: 404 }) })
  })

  it.each([
    { what: 'a wrong state', target: at({ ...GOOD, state: 'other' }) },
    { what: 'no state', target: at(without('state')) },
    { what: 'nothing', target: '/callback' },
    { what: 'the state twice', target: `${at(GOOD)}&state=st4te` },
    { what: 'two codes', target: `${at(GOOD)}&code=rgc_other` },
  ])('is not heard with $what: the login goes on waiting', ({ target }) => {
    expect(hear(target)).toEqual({ page: expect.objectContaining({ status: 400 }) })
  })

  it.each([
    { what: 'another issuer', params: { ...GOOD, iss: 'https://evil.example.com' } },
    { what: 'no issuer (RFC 9207)', params: without('iss') },
    {
      what: 'an error of another issuer',
      params: { state: 'st4te', error: 'access_denied', iss: 'https://e.example' },
    },
    { what: 'no code', params: without('code') },
    { what: 'a code of strange letters', params: { ...GOOD, code: 'a b\u001B[2J' } },
    { what: 'any error', params: { ...without('code'), error: 'server_error' } },
  ])('ends the login with $what', ({ params }) => {
    const { callback } = hear(at(params))
    expect(callback).toEqual({ refusal: expect.objectContaining({ code: 'sign_in_rejected' }) })
  })

  it('is the person’s No with access_denied', () => {
    const { page, callback } = hear(at({ state: GOOD.state, iss: GOOD.iss, error: 'access_denied' }))
    expect(callback).toEqual({ refusal: expect.objectContaining({ code: 'device_denied' }) })
    expect(page.body).toContain('Not signed in')
  })

  it('repeats nothing of an error that is no word', () => {
    const { callback } = hear(at({ ...without('code'), error: '\u001B[31mred<b>' }))
    expect(JSON.stringify(callback)).not.toContain('red')
  })
})
