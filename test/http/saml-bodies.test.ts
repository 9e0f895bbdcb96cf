import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aVisitor } from '../support/a-person.ts'

/** As much as an ACS takes of one; what is promised, and never sent. */
const LENGTH = 380_000

describe('forms of SAML that begin and do not end (security.md V-2, V-4, V-14)', () => {
  let demo: Demo
  const sockets: Socket[] = []
  beforeAll(async () => {
    demo = await aDemo({
      edit: (text) => text.replace('\n  management:', '\n  trusted_proxies: [127.0.0.1/32]\n  management:'),
    })
  })
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
  })
  afterAll(() => demo.close())

  /** A stranger who goes on holding the line: the status they are told, once they are told one. */
  function begin(path: string, from: string): Promise<string> {
    const { host, port } = new URL(demo.url)
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1')
      sockets.push(socket)
      socket.once('error', reject)
      socket.once('data', (answer: Buffer) => resolve(answer.toString().slice(9, 12)))
      socket.write(
        [
          `POST ${path} HTTP/1.1`,
          `Host: ${host}`,
          `X-Forwarded-For: ${from}`,
          'Content-Type: application/x-www-form-urlencoded',
          `Content-Length: ${LENGTH}`,
          '',
          'SAMLResponse=',
        ].join('\r\n'),
      )
    })
  }

  /** One after the other, each at the gateway before the next; the first status that anybody was told. */
  const flood = (path: string, count: number, from: (n: number) => string): Promise<string> =>
    Promise.race(Array.from({ length: count }, (_, n) => begin(path, from(n))))

  const asExpected = async (username: string): Promise<number> => {
    const visitor = aVisitor(demo)
    return (await visitor.postAcs(await visitor.samlAnswer(username)).set('x-forwarded-for', '203.0.113.200')).status
  }

  it('are not waited for at an IdP that is no SAML IdP, or none', async () => {
    expect(await begin('/saml/demo/acs', '203.0.113.1')).toBe('404')
    expect(await begin('/saml/nobody/acs', '203.0.113.1')).toBe('404')
    expect(await begin('/saml/nobody/slo', '203.0.113.1')).toBe('404')
  })

  it.each(['/saml/contractors/acs', '/saml/contractors/slo', '/saml/contractors/aws'])(
    'are at %s some forty at once of one network, and others’ people sign in',
    async (path) => {
      const told = await flood(path, 41, (n) => `2001:db8:1:2::${(n + 1).toString(16)}`)
      expect(told).toBe('429')
      expect(await asExpected('erin')).toBe(303)
    },
  )

  it.each([
    // A provider gives whoever asks so many of these.
    ['networks of one customer', (n: number) => `2001:db8:1:${(n % 11).toString(16)}::1`],
    ['networks', (n: number) => `198.51.${n % 11}.1`],
  ])('are four hundred of all, and many %s keep nobody of another out', async (_, from) => {
    const told = flood('/saml/contractors/acs', 400, from)
    await expect.poll(() => sockets.length).toBe(400)
    expect(await begin('/saml/contractors/acs', from(400))).toBe('429')
    expect(await asExpected('erin')).toBe(303)
    // One of them made room, and holds no line any more.
    expect(await told).toBe('429')
    await expect.poll(() => sockets.filter(({ destroyed }) => destroyed).length).toBeGreaterThan(0)
  })

  it('make room when they go', async () => {
    expect(await flood('/saml/contractors/acs', 401, (n) => `203.0.113.${(n % 11) + 1}`)).toBe('429')
    for (const socket of sockets.splice(0)) socket.destroy()
    await expect.poll(() => asExpected('erin')).toBe(303)
  })
})
