import { gzipSync } from 'node:zlib'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FOR_PAGES } from '../../src/http/compressed.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'
import { withManyAccounts } from '../support/many-accounts.ts'

let demo: Demo
let alice: Person
beforeAll(async () => {
  demo = await aDemo({ edit: withManyAccounts(120) })
  alice = await aPersonAt(demo, 'alice')
})
afterAll(() => demo.close())

const page = async (path: string, person = alice): Promise<string> => (await person.get(path).expect(200)).text
const aliasesOn = (html: string) => [...html.matchAll(/<h2>([^<]+)<\/h2>/g)].map(([, alias]) => alias)

describe('the portal with many accounts', () => {
  it('shows fifty a page, and the way on and back', async () => {
    const first = await page('/')
    expect(first).toContain('246 roles in 124 accounts')
    expect(aliasesOn(first)).toHaveLength(50)
    expect(first).toContain('Page 1 of 3')
    expect(first).toContain('rel="next" href="/?page=2"')
    expect(first).not.toContain('rel="prev"')

    const second = await page('/?page=2')
    expect(aliasesOn(second).slice(0, 2)).toEqual(['team-051', 'team-052'])
    expect(second).toContain('rel="prev" href="/"')
    expect(second).toContain('rel="next" href="/?page=3"')

    const last = await page('/?page=3')
    expect(aliasesOn(last).at(-1)).toBe('sandbox')
    expect(last).not.toContain('rel="next"')
    expect(aliasesOn(first + second + last)).toHaveLength(124)
  })

  it.each([
    ['?page=99', 'Page 3 of 3'],
    ['?page=0', 'Page 1 of 3'],
    ['?page=-1', 'Page 1 of 3'],
    ['?page=two', 'Page 1 of 3'],
    ['?page=1&page=2', 'Page 1 of 3'],
    ['?q[]=x&strange=1', 'Page 1 of 3'],
  ])('shows a page for any address: %s', async (query, shown) => {
    expect(await page(`/${query}`)).toContain(shown)
  })

  it('searches on the server, so that it works without a script', async () => {
    const found = await page('/?q=tenth+readonly')
    expect(found).toContain('Found 12 roles in 12 accounts')
    expect(aliasesOn(found)).toEqual(
      Array.from({ length: 12 }, (_, n) => `team-${String((n + 1) * 10).padStart(3, '0')}`),
    )
    expect(found).not.toContain('developer/console')
    expect(found).not.toContain('Page 1')
    expect(found).toContain('value="tenth readonly"')
    expect(found).toContain('<a href="/">Show all</a>')
  })

  it('keeps the words from page to page', async () => {
    expect(await page('/?q=team')).toContain('rel="next" href="/?q=team&amp;page=2"')
    expect(await page('/?q=team&page=2')).toContain('rel="prev" href="/?q=team"')
  })

  it('says that nothing was found, and is not the page of somebody without roles', async () => {
    const nothing = await page('/?q=nowhere')
    expect(nothing).toContain('Nothing found.')
    expect(nothing).toContain('Your AWS roles')
  })

  it('repeats words as words (security.md W-12)', async () => {
    const hostile = await page(`/?q=${encodeURIComponent('"><script>alert(1)</script>')}`)
    expect(hostile).not.toContain('<script>alert')
    expect(hostile).toContain('&quot;&gt;&lt;script&gt;')
    expect((await page(`/?q=${'x'.repeat(5000)}`)).match(/x{100,}/)?.[0]).toHaveLength(100)
  })

  it('finds what is mine and nothing else', async () => {
    const bob = await aPersonAt(demo, 'bob')
    expect(aliasesOn(await page('/?q=prod', bob))).toEqual(['data-prod'])
    expect(aliasesOn(await page('/?q=team', bob))).toEqual([])
  })

  it('has no pages and lets the browser search where everything fits', async () => {
    const bob = await page('/', await aPersonAt(demo, 'bob'))
    expect(bob).toContain(' data-whole>')
    expect(bob).not.toContain('aria-label="Pages"')
    expect(await page('/')).not.toContain('data-whole')
    expect(await page('/?q=tenth')).not.toContain('data-whole')
  })
})

describe('compressed pages (BREACH; DECISIONS.md 40, 41)', () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    alice
      .get(path)
      .set({ 'accept-encoding': 'gzip', ...headers })
      .expect(200)

  it.each([
    ['nobody put a word into it', '/', {}],
    ['not even when another site asked', '/', { 'sec-fetch-site': 'cross-site' }],
    ['our own page asked', '/?q=team', { 'sec-fetch-site': 'same-origin' }],
    ['the person typed the address', '/?q=team', { 'sec-fetch-site': 'none' }],
  ])('goes out compressed when %s', async (_because, path, headers) => {
    const answer = await ask(path, headers)
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'cache-control': 'no-store' })
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.text).toContain('Your AWS roles')
  })

  it('says the same as one that is not, and from the second time on in less', async () => {
    // The token of each form and the request's id are new each time.
    const plainly = (html: string) =>
      html.replaceAll(/(name="_csrf" value=)"[^"]+"/g, '$1""').replace(/Request <code>[^<]+/, '')
    const asked = (encoding: string) => alice.get('/').set('accept-encoding', encoding).expect(200)
    const { text } = await asked('identity')
    const whole = plainly(text)
    const lengths: number[] = []
    for (let time = 0; time < 4; time += 1) {
      const answer = await asked('gzip')
      expect(plainly(answer.text)).toBe(whole)
      lengths.push(Number(answer.headers['content-length']))
    }
    // Whoever was here before may have had the list kept already: so in less than what is asked for once.
    expect(lengths.at(-1)).toBeLessThan(gzipSync(text, { level: FOR_PAGES }).length)
    expect(whole).toContain('team-050')
    expect(whole).not.toContain('<!--')
  })

  it.each([
    ['another site may have chosen the words', '/?q=team', { 'sec-fetch-site': 'cross-site' }],
    ['a sister site may have', '/?q=team', { 'sec-fetch-site': 'same-site' }],
    ['nobody says who chose them', '/?q=team', {}],
    ['only a page’s number was chosen', '/?page=2', {}],
  ])('goes out as it is when %s', async (_because, path, headers) => {
    expect((await ask(path, headers)).headers['content-encoding']).toBeUndefined()
  })

  it.each(['/roles/payments-dev/readonly?destination=s3', '/device', '/setup'])(
    '%s is never compressed',
    async (path) => {
      expect((await ask(path)).headers['content-encoding']).toBeUndefined()
    },
  )

  it('carries the form’s token under another mask each time, and takes each of them', async () => {
    const tokens = [await alice.csrf('/'), await alice.csrf('/'), await alice.csrf('/device')]
    expect(new Set(tokens).size).toBe(3)
    for (const _csrf of tokens) await alice.post('/roles/payments-dev/readonly/credentials', { _csrf }).expect(200)
  })

  it('takes no token that was bent, and none of another session', async () => {
    const own = await alice.csrf('/')
    const bent = [
      own.slice(0, -2),
      `${own}AA`,
      `${own.slice(0, 50)}${own[50] === 'A' ? 'B' : 'A'}${own.slice(51)}`,
      '',
      'A'.repeat(86),
    ]
    const others = await (await aPersonAt(demo, 'alice')).csrf('/')
    for (const _csrf of [...bent, others]) {
      await alice.post('/roles/payments-dev/readonly/credentials', { _csrf }).expect(403)
    }
    await request(demo.url)
      .post('/sign-out')
      .set({ cookie: alice.jar.header(demo.url), origin: demo.url })
      .type('form')
      .send({ _csrf: 'A'.repeat(86) })
      .expect(403)
  })
})
