import { describe, expect, it } from 'vitest'
import { HeldResponse } from '../../../src/adapters/oidc/held-response.ts'

const TEXT = '\uFEFF{"name":"Zoë","tags":["a","b"]}'
const bytes = new Uint8Array(new TextEncoder().encode(TEXT))
const init = { status: 400, headers: { 'content-type': 'application/json', 'x-y': 'z' } }
const both = () => [new HeldResponse(bytes, init), new Response(bytes, init)] as const

describe('a Response whose bytes are all here', () => {
  it('passes for a Response', () => {
    const [held] = both()
    expect(held).toBeInstanceOf(Response)
    expect([held.status, held.ok, held.headers.get('x-y')]).toEqual([400, false, 'z'])
  })

  it.each(['text', 'json', 'arrayBuffer'] as const)('reads as any other does: %s', async (how) => {
    const [held, plain] = both()
    expect(await held[how]()).toEqual(await plain[how]())
  })

  it('reads as a blob and as a form too', async () => {
    const [held, plain] = both()
    expect(await (await held.blob()).text()).toBe(await (await plain.blob()).text())
    const form = new HeldResponse(new Uint8Array(Buffer.from('a=b')), {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect((await form.formData()).get('a')).toBe('b')
  })

  it.each(['text', 'json', 'arrayBuffer', 'blob', 'formData'] as const)('is read once: %s', async (how) => {
    const [held] = both()
    await held.text()
    await expect(held[how]()).rejects.toBeInstanceOf(TypeError)
    expect(() => held.clone()).toThrow(TypeError)
  })

  it('has a clone that is read apart from it', async () => {
    const [held] = both()
    const clone = held.clone()
    expect(await clone.json()).toEqual(await held.json())
    expect([clone.status, clone.headers.get('x-y')]).toEqual([400, 'z'])
  })

  it('is empty where nothing came, and is no JSON then', async () => {
    const empty = () => new HeldResponse(new Uint8Array(), { status: 204 })
    expect(await empty().text()).toBe('')
    await expect(empty().json()).rejects.toBeInstanceOf(SyntaxError)
  })
})
