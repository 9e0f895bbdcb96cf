import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { aDemo } from '../support/a-demo.ts'
import { aVisitor } from '../support/a-person.ts'

const behindProxy = (text: string) =>
  text.replace('\n  management:', '\n  trusted_proxies: [127.0.0.1/32]\n  management:')

describe('behind a trusted proxy', () => {
  it('takes the right-most address that is no proxy, and the proxy’s request id (threats.md R12, P4)', async () => {
    const demo = await aDemo({ edit: behindProxy })
    try {
      const call = (headers: Record<string, string>) =>
        aVisitor(demo).get('/oidc/demo/callback').set(headers).expect(403)
      const lastSeen = () => demo.audit().at(-1)

      await call({ 'x-forwarded-for': '198.51.100.1, 203.0.113.7', 'x-request-id': 'proxy-request-0001' })
      expect(lastSeen()).toMatchObject({ client_ip: '203.0.113.7', request_id: 'proxy-request-0001' })
      await call({ 'x-forwarded-for': '::ffff:203.0.113.8' })
      expect(lastSeen()).toMatchObject({ client_ip: '203.0.113.8' })
      await call({ 'x-forwarded-for': '203.0.113.7', 'x-request-id': 'has spaces; and more' })
      expect(lastSeen()?.['request_id']).toMatch(/^[\w-]{16}$/)
      // A proxy that does not say who asks: nobody knows, and it is not the proxy.
      await call({})
      expect(lastSeen()).toMatchObject({ client_ip: '' })
      await call({ 'x-forwarded-for': '' })
      expect(lastSeen()).toMatchObject({ client_ip: '' })
      await call({ 'x-forwarded-for': ' , ' })
      expect(lastSeen()).toMatchObject({ client_ip: '' })
    } finally {
      await demo.close()
    }
  })

  it.each([
    ['with a port behind it', '203.0.113.7:4711', '203.0.113.7'],
    ['of IPv6 with a port', '[2001:db8::7]:4711', '2001:db8::7'],
    ['of IPv4 in IPv6, with a port', '[::ffff:203.0.113.7]:4711', '203.0.113.7'],
    ['of a proxy with a port, before which nobody looks', '203.0.113.7, 127.0.0.1:4711', ''],
    ['that is none', 'unknown', ''],
    ['that is none, with a port', '203.0.113.777:4711', ''],
    ['that somebody might read as octal', '203.0.113.007', ''],
    ['that is a page of text', 'x'.repeat(3000), ''],
  ])('takes an address %s (threats.md R12)', async (_, said, taken) => {
    const demo = await aDemo({ edit: behindProxy })
    try {
      await aVisitor(demo).get('/oidc/demo/callback').set('x-forwarded-for', said).expect(403)
      expect(demo.audit().at(-1)).toMatchObject({ client_ip: taken })
    } finally {
      await demo.close()
    }
  })

  it.each([
    ['a proxy alone', '10.20.0.7', ''],
    ['proxies alone', '10.20.0.8, 10.20.0.7', ''],
    ['a proxy, as IPv6 writes it', '::ffff:10.20.0.7', ''],
    ['this machine, said by a proxy on another', '127.0.0.1, 10.20.0.7', ''],
    ['somebody before the proxies', '203.0.113.7, 10.20.0.8, 10.20.0.7', '203.0.113.7'],
    ['this machine, said on it', '127.0.0.1', '127.0.0.1'],
  ])(
    'of a list that names %s knows who asks, or nobody: an `ip` is not met by a proxy’s address (threats.md R12)',
    async (_, said, taken) => {
      const demo = await aDemo({
        edit: (text) =>
          text.replace('\n  management:', '\n  trusted_proxies: [127.0.0.1/32, 10.20.0.0/24]\n  management:'),
      })
      try {
        await aVisitor(demo).get('/oidc/demo/callback').set('x-forwarded-for', said).expect(403)
        expect(demo.audit().at(-1)).toMatchObject({ client_ip: taken })
      } finally {
        await demo.close()
      }
    },
  )

  it('counts tries by the address, whatever port a proxy writes behind it (security.md V-5)', async () => {
    const demo = await aDemo({ edit: behindProxy })
    try {
      const statuses: number[] = []
      for (let port = 4711; port < 4711 + 130; port += 1) {
        const from = `203.0.113.7:${port}`
        statuses.push((await request(demo.url).get('/oidc/demo/callback').set('x-forwarded-for', from)).status)
      }
      expect(statuses.at(-1)).toBe(429)
    } finally {
      await demo.close()
    }
  })

  it('stops recording refused callbacks of one network after sixty a minute, and lets others in (threats.md A4, D7)', async () => {
    const demo = await aDemo({ edit: behindProxy })
    try {
      const statuses: number[] = []
      for (let tries = 0; tries < 70; tries += 1) {
        const from = `2001:db8:1:2::${(tries + 1).toString(16)}`
        statuses.push((await request(demo.url).get('/oidc/demo/callback').set('x-forwarded-for', from)).status)
      }
      expect(statuses.filter((status) => status === 403).length).toBeLessThanOrEqual(60 * 2)
      expect(statuses.at(-1)).toBe(429)
      const recorded = demo.audit().filter(({ event }) => event === 'sign_in_refused').length
      expect(recorded).toBe(statuses.filter((status) => status === 403).length)
      await request(demo.url).get('/oidc/demo/callback').set('x-forwarded-for', '2001:db8:9::1').expect(403)
    } finally {
      await demo.close()
    }
  })
})
