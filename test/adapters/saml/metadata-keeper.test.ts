import { describe, expect, it } from 'vitest'
import { makeMetadataKeeper, NoMetadata, type KeptMetadata } from '../../../src/adapters/saml/metadata-keeper.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { IDP, idp, idpMetadata, nextIdp, NOW, stranger } from '../../support/saml/a-saml-world.ts'
import { aSamlProvider } from './a-provider.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DOWN = new Error('connect ECONNREFUSED')

/** A keeper, what it reads and keeps, and a clock that moves when it is told to. */
function aKeeper({
  text = idpMetadata(),
  kept,
  name = 'contractors https://idp.example.com/metadata',
}: { text?: string | Error; kept?: KeptMetadata; name?: string } = {}) {
  const world = { now: NOW, text, reads: 0, answer: async (): Promise<void> => {} }
  const warnings: string[] = []
  const table = kept ?? makeTable<{ readonly text: string }>(makeMemoryStore({ now: () => world.now }), 'idp-metadata')
  const keeper = makeMetadataKeeper({
    name,
    async read() {
      world.reads += 1
      const { text } = world
      await world.answer()
      if (text instanceof Error) throw text
      return text
    },
    rules: { allowHttp: false, isTaken: () => false },
    kept: table,
    signsRequests: true,
    now: () => world.now,
    warn: (what, facts) => warnings.push(`${what}: ${JSON.stringify(facts)}`),
  })
  const pass = (milliseconds: number) => void (world.now = new Date(world.now.getTime() + milliseconds))
  return { keeper, world, warnings, kept: table, pass }
}

const entity = (name: string) => idpMetadata({ entityId: name })

describe('the keeper of metadata', () => {
  it('knows nothing before it has read, and then what it read', async () => {
    const { keeper, warnings } = aKeeper()
    expect(keeper.known()).toBeUndefined()
    await keeper.refresh()
    expect(keeper.known()?.entityId).toBe(IDP)
    expect([keeper.isStale(), warnings]).toEqual([false, []])
  })

  it('reads again after an hour, and not before', async () => {
    const { keeper, world, pass } = aKeeper()
    await keeper.refresh()
    world.text = entity('https://new.example.com')
    pass(HOUR)
    await keeper.refresh()
    expect([world.reads, keeper.known()?.entityId]).toEqual([1, IDP])
    pass(1)
    await keeper.refresh()
    expect([world.reads, keeper.known()?.entityId]).toEqual([2, 'https://new.example.com'])
  })

  it.each<[string, string | Error]>([
    ['cannot be had', DOWN],
    ['is not sound', '<x/>'],
    ['has no certificate any more (security.md S-40)', idpMetadata({ certificates: [] })],
  ])('keeps the last good copy in force when the next %s, and says so (security.md S-39)', async (_, text) => {
    const { keeper, world, warnings, pass } = aKeeper()
    await keeper.refresh()
    world.text = text
    pass(HOUR + 1)
    await keeper.refresh()
    expect([keeper.known()?.entityId, keeper.isStale(), world.reads]).toEqual([IDP, true, 2])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^the metadata of an identity provider was not taken: /)
    // The failure's own words may quote what was read.
    expect(warnings[0]).not.toContain('ECONNREFUSED')
  })

  it('says what stands at the address in its place, when that is known', async () => {
    const { keeper, warnings } = aKeeper({ text: new NoMetadata('its address answered 404') })
    await keeper.refresh()
    expect(warnings).toEqual(['the metadata of an identity provider was not taken: {"why":"its address answered 404"}'])
  })

  it('tries again no sooner than three seconds after a failure, and then is well', async () => {
    const { keeper, world, pass } = aKeeper({ text: DOWN })
    await keeper.refresh()
    pass(2_999)
    await keeper.refresh()
    expect([world.reads, keeper.known()]).toEqual([1, undefined])
    world.text = idpMetadata()
    pass(1)
    await keeper.refresh()
    expect([world.reads, keeper.known()?.entityId, keeper.isStale()]).toEqual([2, IDP, false])
  })

  it('tries every three seconds while an hour has gone by', async () => {
    const { keeper, world, pass } = aKeeper()
    await keeper.refresh()
    world.text = DOWN
    pass(HOUR + 1)
    for (const milliseconds of [0, 2_999, 1, 3_000]) {
      pass(milliseconds)
      await keeper.refresh()
    }
    expect(world.reads).toBe(4)
  })

  it('reads once for all who ask meanwhile', async () => {
    const { keeper, world } = aKeeper()
    let answer = () => {}
    world.answer = () => new Promise<void>((resolve) => (answer = resolve))
    const all = [keeper.refresh(), keeper.refresh(), keeper.refresh()]
    expect(world.reads).toBe(1)
    answer()
    await Promise.all(all)
    expect([world.reads, keeper.known()?.entityId]).toEqual([1, IDP])
  })

  it('knows the last good copy after a restart while the IdP is down', async () => {
    const before = aKeeper()
    await before.keeper.refresh()
    const { keeper, warnings } = aKeeper({ text: DOWN, kept: before.kept })
    await keeper.recall()
    expect([keeper.known()?.entityId, keeper.isStale()]).toEqual([IDP, false])
    await keeper.refresh()
    expect([keeper.known()?.entityId, keeper.isStale()]).toEqual([IDP, true])
    expect(warnings).toHaveLength(1)
  })

  it('reads anew at once after a restart: what was kept may be old', async () => {
    const before = aKeeper()
    await before.keeper.refresh()
    const { keeper } = aKeeper({ text: entity('https://new.example.com'), kept: before.kept })
    await keeper.recall()
    await keeper.refresh()
    expect(keeper.known()?.entityId).toBe('https://new.example.com')
  })

  it('takes the new one as soon as the IdP is back after that', async () => {
    const before = aKeeper()
    await before.keeper.refresh()
    const { keeper, world, pass } = aKeeper({ text: DOWN, kept: before.kept })
    await keeper.recall()
    await keeper.refresh()
    world.text = entity('https://new.example.com')
    pass(3_000)
    await keeper.refresh()
    expect([keeper.known()?.entityId, keeper.isStale()]).toEqual(['https://new.example.com', false])
  })

  it('does not take another source’s copy for its own', async () => {
    const before = aKeeper()
    await before.keeper.refresh()
    const { keeper } = aKeeper({ text: DOWN, kept: before.kept, name: 'contractors https://other.example.com' })
    await keeper.recall()
    await keeper.refresh()
    expect(keeper.known()).toBeUndefined()
  })

  it('takes no kept copy that today’s rules refuse', async () => {
    const before = aKeeper({ text: changedUntil('2030-01-01T09:30:00Z') })
    await before.keeper.refresh()
    expect(before.keeper.known()).toBeDefined()
    const { keeper, pass, warnings } = aKeeper({ text: DOWN, kept: before.kept })
    pass(30 * MINUTE)
    await keeper.recall()
    expect(keeper.known()).toBeUndefined()
    expect(warnings.at(-1)).toBe('the kept metadata of an identity provider is of no use: {}')
  })

  it('is none the worse for a store that is down', async () => {
    const kept: KeptMetadata = { get: () => Promise.reject(DOWN), put: () => Promise.reject(DOWN) }
    const { keeper } = aKeeper({ kept })
    await keeper.recall()
    await keeper.refresh()
    expect(keeper.known()?.entityId).toBe(IDP)
    const nothing = aKeeper({ kept, text: DOWN })
    await nothing.keeper.recall()
    await nothing.keeper.refresh()
    expect(nothing.keeper.known()).toBeUndefined()
  })

  it('warns when the certificates have changed (security.md S-16)', async () => {
    const { keeper, world, warnings, pass } = aKeeper({ text: idpMetadata({ certificates: [idp.certificate] }) })
    await keeper.refresh()
    for (const certificates of [[idp.certificate], [idp.certificate, nextIdp.certificate], [stranger.certificate]]) {
      world.text = idpMetadata({ certificates })
      pass(HOUR + 1)
      await keeper.refresh()
    }
    expect(warnings.map((warning) => warning.split(':')[0])).toEqual(
      Array<string>(2).fill('the certificates of an identity provider have changed'),
    )
    expect(warnings[0]).toMatch(/"entityId":"[^"]+","before":\["[0-9A-F:]+"\],"after":\["[0-9A-F:]+","[0-9A-F:]+"\]/)
  })

  it('warns of a change that came while it was not running', async () => {
    const before = aKeeper()
    await before.keeper.refresh()
    const { keeper, warnings } = aKeeper({
      text: idpMetadata({ certificates: [stranger.certificate] }),
      kept: before.kept,
    })
    await keeper.recall()
    await keeper.refresh()
    expect(warnings).toHaveLength(1)
  })

  it('warns of a certificate that ends within thirty days, and takes it still (security.md K-12)', async () => {
    const { keeper, world, warnings } = aKeeper()
    // The certificates of the tests end with 2044.
    world.now = new Date('2044-12-15T00:00:00Z')
    await keeper.refresh()
    expect(keeper.known()?.certificates).toHaveLength(2)
    expect(warnings.map((warning) => warning.split(':')[0])).toEqual(
      Array<string>(2).fill('a certificate of an identity provider ends soon or has ended'),
    )
  })
})

function changedUntil(time: string): string {
  return idpMetadata().replace('entityID=', `validUntil="${time}" entityID=`)
}

describe('a provider whose metadata', () => {
  it('was never had cannot begin a sign-in, nor complete one', async () => {
    const { provider, complete } = aSamlProvider({ metadata: DOWN })
    expect(await refusalFrom(provider.begin('0a1b2c3d'))).toMatchObject({
      code: 'idp_unavailable',
      values: { idp: 'contractors', label: 'Contractors', retryAfterSeconds: 5 },
    })
    expect((await refusalFrom(complete('x'))).code).toBe('idp_unavailable')
    expect([provider.isReady(), provider.issuer()]).toEqual([false, undefined])
  })

  it('is known begins one while the IdP’s metadata cannot be had', async () => {
    const { provider, world } = aSamlProvider()
    await provider.warmUp()
    world.metadata = DOWN
    world.now = new Date(NOW.getTime() + HOUR + 1)
    expect(await provider.begin('0a1b2c3d')).toHaveProperty('move.url')
    expect([provider.isReady(), provider.issuer()]).toEqual([true, IDP])
  })

  it('is over begins none (saml-metadata-2.0 §2.3.2)', async () => {
    const { provider, world } = aSamlProvider({ metadata: changedUntil('2030-01-01T09:10:00Z') })
    await provider.begin('0a1b2c3d')
    world.metadata = DOWN
    world.now = new Date('2030-01-01T09:10:00Z')
    expect(await refusalFrom(provider.begin('0a1b2c3d'))).toMatchObject({
      code: 'idp_unavailable',
      reason: 'saml_metadata_over',
    })
  })

  it('is over is read again at once: the IdP has published the next', async () => {
    const { provider, world } = aSamlProvider({ metadata: changedUntil('2030-01-01T09:10:00Z') })
    await provider.begin('0a1b2c3d')
    world.metadata = idpMetadata()
    world.now = new Date('2030-01-01T09:10:00Z')
    expect(await provider.begin('0a1b2c3d')).toHaveProperty('move.url')
  })
})
