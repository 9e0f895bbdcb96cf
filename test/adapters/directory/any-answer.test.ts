import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeGoogleDirectory } from '../../../src/adapters/directory/google.ts'
import { makeGraphDirectory } from '../../../src/adapters/directory/graph.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { LookUpGroups } from '../../../src/usecases/ports/identity-provider.ts'

const GRAPH = 'https://graph.example.com'
const ids = fc.uuid()
const answers = (fetch: typeof globalThis.fetch) => ({
  fetchToken: async () => ({ token: 'a-token', seconds: 3600 }),
  fetch,
  now: () => new Date(0),
  onFailure: () => {},
})
const says =
  (pages: readonly unknown[]): typeof fetch =>
  async () => {
    const page = pages.length > 1 ? (pages as unknown[]).shift() : pages[0]
    return new Response(JSON.stringify(page ?? null), { headers: { 'content-type': 'application/json' } })
  }

/** What a directory says is a whole list, or a refusal in our words: nothing in between, and nothing else. */
async function listOrRefusal(lookUp: LookUpGroups, claims: Record<string, unknown>) {
  try {
    return (await lookUp({ issuer: 'i', claims }))?.directoryGroups
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RolegateError)
    expect(['groups_truncated', 'idp_unavailable']).toContain((thrown as RolegateError).code)
    return 'refused'
  }
}

const countOn = (page: unknown): unknown => (page as { '@odata.count'?: unknown } | null)?.['@odata.count']

/** Answers that look like the real ones in most places, and like anything in some. */
const nearly = (members: Record<string, fc.Arbitrary<unknown>>) =>
  fc.oneof(fc.jsonValue(), fc.record(members, { requiredKeys: [] }))

it('whatever Graph answers, its groups are as many as it counts, or the sign-in is refused (threats.md R5)', async () => {
  const group = fc.oneof({ weight: 9, arbitrary: fc.record({ id: ids }) }, fc.jsonValue())
  const page = nearly({
    '@odata.count': fc.oneof(fc.nat(6), fc.jsonValue()),
    '@odata.nextLink': fc.oneof(fc.constant(`${GRAPH}/v1.0/next`), fc.webUrl(), fc.jsonValue()),
    value: fc.oneof(fc.array(group, { maxLength: 3 }), fc.jsonValue()),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(page, { minLength: 1, maxLength: 3 }), async (pages) => {
      // It says how many there are on the first page or on a later one.
      const count = structuredClone(pages)
        .map(countOn)
        .find((one) => one != null)
      const { lookUp } = makeGraphDirectory({
        settings: { id: 'entra', endpoint: GRAPH, else: 'fail', groups: { claim: 'groups' }, rechecks: false },
        ...answers(says([...pages])),
      })
      const told = await listOrRefusal(lookUp, { oid: '11111111-2222-4333-8444-555555555555', hasgroups: true })
      if (told === 'refused') return
      expect(new Set(told).size).toBe(count)
    }),
    { numRuns: 500 },
  )
})

it('whatever Google answers, it is a list of addresses or the sign-in is refused', async () => {
  const group = fc.oneof({ weight: 9, arbitrary: fc.record({ id: ids, email: fc.emailAddress() }) }, fc.jsonValue())
  const page = nearly({
    kind: fc.oneof({ weight: 9, arbitrary: fc.constant('admin#directory#groups') }, fc.jsonValue()),
    groups: fc.oneof(fc.array(group, { maxLength: 3 }), fc.jsonValue()),
    nextPageToken: fc.oneof(fc.constantFrom('', 'more'), fc.jsonValue()),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(page, { minLength: 1, maxLength: 3 }), fc.boolean(), async (pages, nested) => {
      const { lookUp } = makeGoogleDirectory({
        settings: { id: 'google', endpoint: 'https://google.example.com', nested, by: 'email', rechecks: false },
        ...answers(says([...pages])),
      })
      const told = await listOrRefusal(lookUp, { sub: '108000000000000000001' })
      if (told === 'refused') return
      for (const email of told ?? []) expect(email).toMatch(/^[^\s@]+@[^\s@]+$/)
    }),
    { numRuns: 500 },
  )
})
