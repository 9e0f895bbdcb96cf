import { describe, expect, it } from 'vitest'
import type { IssuerSeen } from '../../src/adapters/issuer/self-check.ts'
import { makeIssuerWatch } from '../../src/compose/issuer-watch.ts'
import { aHost } from '../support/a-host.ts'
import { aClock } from '../support/a-session.ts'

const OURS: IssuerSeen = { state: 'ours' }
const TAMPERED: IssuerSeen = { state: 'tampered', what: 'key' }
const UNSEEN: IssuerSeen = { state: 'unseen', why: 'answered 503' }

function aWatch() {
  const clock = aClock()
  const world = {
    seen: OURS as IssuerSeen | undefined,
    looks: 0,
    said: [] as string[],
    words: [] as string[],
    gauge: [] as (boolean | 'unseen')[],
  }
  const says = (level: string) => (what: string, facts: object) => {
    world.words.push(what)
    world.said.push(`${level} ${JSON.stringify(facts ?? {})}`)
  }
  const witness = {
    metrics: {
      issuerSeen: ({ isTampered }: { isTampered: boolean }) => void world.gauge.push(isTampered),
      issuerUnseen: () => void world.gauge.push('unseen'),
    },
    log: { error: says('error'), warn: says('warn'), info: says('info') },
  } as unknown as Parameters<typeof makeIssuerWatch>[0]['witness']
  const host = aHost(clock.now)
  const watch = makeIssuerWatch({ host, witness }, async () => {
    world.looks += 1
    return world.seen
  })
  const after = async (seconds: number, seen: IssuerSeen | undefined = world.seen) => {
    world.seen = seen
    clock.pass(seconds)
    await watch.tick()
    return [watch.degraded().join(), world.said.splice(0)]
  }
  return { world, after }
}

describe('the watch over our issuer (threats.md K4)', () => {
  it('looks every five minutes, and says nothing of what is as it should be', async () => {
    const { world, after } = aWatch()
    expect([await after(0), await after(299), await after(1)]).toEqual([
      ['', []],
      ['', []],
      ['', []],
    ])
    expect([world.looks, world.gauge]).toEqual([2, [false, false]])
  })

  const SUSPICION = 'warn {}'
  const ERROR = 'error {"issuer_tampered":"key"}'
  const OVER = 'info {}'

  it('suspects at the first look, and finds at the second, five minutes later: what a cache holds is gone by then', async () => {
    const { world, after } = aWatch()
    expect(await after(0, TAMPERED)).toEqual(['', [SUSPICION]])
    expect(await after(300, OURS)).toEqual(['', [OVER]])
    expect(world.gauge).toEqual([false, false])
    // One of two machines behind the name is not ours: within a day its second answer counts.
    expect(await after(300, TAMPERED)).toEqual(['issuer:tampered', [ERROR]])
    expect(await after(300, OURS)).toEqual(['', [OVER]])
    expect((await after(85_800, TAMPERED))[0]).toBe('issuer:tampered')
    await after(300, OURS)
    expect(await after(86_100, TAMPERED)).toEqual(['', [SUSPICION]])
  })

  it('says every hour that what stands there is not ours; and when it is over', async () => {
    const { world, after } = aWatch()
    await after(0, TAMPERED)
    expect(await after(300)).toEqual(['issuer:tampered', [ERROR]])
    expect(await after(300)).toEqual(['issuer:tampered', []])
    expect(await after(3300)).toEqual(['issuer:tampered', [ERROR]])
    expect(await after(300, OURS)).toEqual(['', [OVER]])
    expect(await after(300, OURS)).toEqual(['', []])
    expect(world.gauge).toEqual([false, true, true, true, false, false])
  })

  it('leaves it to whoever reads it who the stranger is, and says where to look', async () => {
    const { world, after } = aWatch()
    await after(0, TAMPERED)
    await after(300)
    expect(world.words.at(-1)).toContain('either this gateway is on another store than the one AWS knows, or somebody')
    expect(world.words.at(-1)).toContain('docs/how-to/issuer-watch.md')
  })

  it('takes silence for no word, and still less for a good one', async () => {
    const { world, after } = aWatch()
    const unseen = 'warn {"why":"answered 503"}'
    expect([await after(0, UNSEEN), await after(300), await after(300), await after(300, OURS)]).toEqual([
      ['', []],
      ['', [unseen]],
      ['', []],
      ['', [OVER]],
    ])
    expect(world.gauge).toEqual(['unseen', 'unseen', 'unseen', false])
    expect(await after(300, TAMPERED)).toEqual(['', [SUSPICION]])
    expect(await after(300, UNSEEN)).toEqual(['', []])
    expect(await after(300, TAMPERED)).toEqual(['issuer:tampered', [ERROR]])
    expect((await after(300, UNSEEN))[0]).toBe('issuer:tampered')
    expect((await after(300, undefined))[0]).toBe('issuer:tampered')
    expect(world.gauge.filter((one) => one !== 'unseen')).toEqual([false, false, true])
  })

  it('says each thing once an hour, in whatever order they come', async () => {
    const { after } = aWatch()
    await after(0, TAMPERED)
    const said = [await after(300, UNSEEN), await after(300, UNSEEN), await after(300, TAMPERED)].flatMap(
      ([, one]) => one,
    )
    expect(said).toHaveLength(2)
    for (let looks = 0; looks < 4; looks += 1) {
      expect(await after(300, UNSEEN)).toEqual(['issuer:tampered', []])
      expect(await after(300, TAMPERED)).toEqual(['issuer:tampered', []])
    }
  })

  it('calls what was not ours no less for an answer that only lacks our key', async () => {
    const { world, after } = aWatch()
    await after(0, TAMPERED)
    await after(300, TAMPERED)
    expect((await after(300, { state: 'incomplete' }))[0]).toBe('issuer:tampered')
    expect(world.gauge.at(-1)).toBe(true)
    expect((await after(300, OURS))[0]).toBe('')
  })

  it('says that our own key is not there', async () => {
    const { after } = aWatch()
    expect(await after(0, { state: 'incomplete' })).toEqual(['', [SUSPICION]])
    expect(await after(300)).toEqual(['issuer:incomplete', ['error {}']])
    expect(await after(300)).toEqual(['issuer:incomplete', []])
  })
})
