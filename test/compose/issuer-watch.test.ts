import { describe, expect, it } from 'vitest'
import type { IssuerSeen } from '../../src/adapters/issuer/self-check.ts'
import { makeIssuerWatch } from '../../src/compose/issuer-watch.ts'
import { aClock } from '../support/a-session.ts'

const OURS: IssuerSeen = { state: 'ours' }
const TAMPERED: IssuerSeen = { state: 'tampered', what: 'key' }
const UNSEEN: IssuerSeen = { state: 'unseen', why: 'answered 503' }

function aWatch() {
  const clock = aClock()
  const world = { seen: OURS as IssuerSeen | undefined, looks: 0, said: [] as string[], gauge: [] as boolean[] }
  const says = (level: string) => (_what: string, facts: object) =>
    void world.said.push(`${level} ${JSON.stringify(facts ?? {})}`)
  const witness = {
    metrics: { issuerSeen: ({ isTampered }: { isTampered: boolean }) => void world.gauge.push(isTampered) },
    log: { error: says('error'), warn: says('warn'), info: says('info') },
  } as unknown as Parameters<typeof makeIssuerWatch>[0]['witness']
  const host = { now: clock.now, print: () => undefined, version: '0', demo: false, acceptNewIssuer: false }
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

  it('says at once, and every hour, that somebody else answers; and when it is over', async () => {
    const { world, after } = aWatch()
    const error = 'error {"issuer_tampered":"key"}'
    expect(await after(0, TAMPERED)).toEqual(['issuer:tampered', [error]])
    expect(await after(300)).toEqual(['issuer:tampered', []])
    expect(await after(3300)).toEqual(['issuer:tampered', [error]])
    expect(await after(300, OURS)).toEqual(['', ['info {}']])
    expect(await after(300, TAMPERED)).toEqual(['issuer:tampered', [error]])
    expect(world.gauge).toEqual([true, true, true, false, true])
  })

  it('takes silence for no word, and still less for a good one', async () => {
    const { world, after } = aWatch()
    expect(await after(0, UNSEEN)).toEqual(['', ['warn {"why":"answered 503"}']])
    expect(await after(300, TAMPERED)).toMatchObject(['issuer:tampered', [expect.stringContaining('error')]])
    expect((await after(300, UNSEEN))[0]).toBe('issuer:tampered')
    expect((await after(300, undefined))[0]).toBe('issuer:tampered')
    expect(world.gauge).toEqual([true])
  })

  it('says that our own key is not there', async () => {
    const { after } = aWatch()
    expect(await after(0, { state: 'incomplete' })).toEqual(['issuer:incomplete', ['error {}']])
    expect(await after(300)).toEqual(['issuer:incomplete', []])
  })
})
