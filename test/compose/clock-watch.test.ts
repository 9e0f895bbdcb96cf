import { describe, expect, it } from 'vitest'
import { awsNeighbour, makeClockWatch } from '../../src/compose/clock-watch.ts'
import { aHost } from '../support/a-host.ts'
import { aClock, secondsAfter } from '../support/a-session.ts'

const STS = awsNeighbour('default')

function aWatch() {
  const clock = aClock()
  const said: string[] = []
  const gauge: [string, number][] = []
  const witness = {
    metrics: { clockSkew: (neighbour: string, seconds: number) => void gauge.push([neighbour, seconds]) },
    log: {
      warn: (_what: string, facts: object) => void said.push(`warn ${JSON.stringify(facts)}`),
      error: (_what: string, facts: object) => void said.push(`error ${JSON.stringify(facts)}`),
    },
  } as unknown as Parameters<typeof makeClockWatch>[0]['witness']
  const host = aHost(clock.now)
  const watch = makeClockWatch({ host, witness })
  /** `meanwhile`: how far our clock goes while we wait. */
  const answering = (headers: Record<string, string>, neighbour = STS, meanwhile = 0) =>
    watch.watching(neighbour, async () => {
      clock.pass(meanwhile)
      return new Response('body', { headers })
    })('https://neighbour.example.com')
  /** An answer of somebody whose clock is so many seconds ahead of ours. */
  const differs = (seconds: number, neighbour = STS) =>
    answering({ date: secondsAfter(clock.now(), seconds).toUTCString() }, neighbour)
  /** The same said twice, so that it counts. */
  const differsAgain = async (seconds: number, neighbour = STS) => {
    await differs(seconds, neighbour)
    return differs(seconds, neighbour)
  }
  return { clock, watch, said, gauge, answering, differs, differsAgain }
}

describe('our clock beside those of our neighbours (threats.md F10)', () => {
  // A date has no fractions, and is taken for the middle of its second.
  it.each([
    [0, [], false],
    [29, [], false],
    [30, ['clock:sts:default'], false],
    [-30, [], false],
    [-31, ['clock:sts:default'], false],
    [119, ['clock:sts:default'], false],
    [120, ['clock:sts:default'], true],
    [-120, ['clock:sts:default'], false],
    [-121, ['clock:sts:default'], true],
  ])('differs by %d seconds from AWS’s', async (seconds, degraded, stops) => {
    const { watch, differsAgain, gauge } = aWatch()
    expect(await (await differsAgain(seconds)).text()).toBe('body')
    const read = [STS, seconds + 0.5]
    expect(gauge).toEqual([read, read])
    expect([watch.degraded(), watch.stops()]).toEqual([degraded, stops])
  })

  it('is held against nobody while one AWS agrees with it, nor because of an IdP', async () => {
    const { watch, differs, differsAgain } = aWatch()
    await differsAgain(600, 'idp:entra')
    expect([watch.degraded(), watch.stops()]).toEqual([['clock:idp:entra'], false])
    await differsAgain(600, awsNeighbour('own-endpoint'))
    expect(watch.stops()).toBe(true)
    await differs(0)
    expect(watch.stops()).toBe(false)
  })

  it('stops nothing by one answer alone, which a machine in between may have given', async () => {
    const { watch, differs, clock } = aWatch()
    await differs(600)
    expect([watch.degraded(), watch.stops(), watch.isUnsure(STS)]).toEqual([['clock:sts:default'], false, true])
    await differs(0)
    expect([watch.degraded(), watch.stops(), watch.isUnsure(STS)]).toEqual([[], false, false])
    await differs(600)
    clock.pass(600)
    await differs(600)
    expect([watch.stops(), watch.isUnsure(STS)]).toEqual([false, true])
    await differs(600)
    expect([watch.stops(), watch.isUnsure(STS)]).toEqual([true, false])
  })

  it.each([600, -600, 6])(
    'is not compared across an answer during which it went on by %d seconds',
    async (meanwhile) => {
      const { watch, answering, differsAgain, clock, gauge } = aWatch()
      for (let times = 0; times < 2; times += 1) await answering({ date: clock.now().toUTCString() }, STS, meanwhile)
      expect([watch.degraded(), watch.stops(), gauge]).toEqual([[], false, []])
      await differsAgain(600)
      await answering({ date: clock.now().toUTCString() }, STS, 6)
      expect(watch.stops()).toBe(true)
    },
  )

  it('is right again as soon as AWS says so, and not known after ten minutes of silence', async () => {
    const { watch, differs, differsAgain, clock } = aWatch()
    await differsAgain(600)
    clock.pass(599)
    expect(watch.stops()).toBe(true)
    clock.pass(1)
    expect([watch.degraded(), watch.stops()]).toEqual([[], false])
    await differsAgain(600)
    await differs(0)
    expect([watch.degraded(), watch.stops()]).toEqual([[], false])
  })

  it('is said to be wrong once, again after an hour, and anew when it was right between', async () => {
    const { said, differs, clock } = aWatch()
    const said1 = async (pass: number, seconds: number) => {
      clock.pass(pass)
      await differs(seconds)
      return said.splice(0)
    }
    expect(await said1(0, 60)).toEqual(['warn {"neighbour":"sts:default","seconds":61}'])
    expect(await said1(60, 60)).toEqual([])
    expect(await said1(3540, -300)).toEqual(['error {"neighbour":"sts:default","seconds":-299}'])
    expect(await said1(60, 0)).toEqual([])
    expect(await said1(60, 60)).toHaveLength(1)
  })

  it.each([
    ['no date', {}],
    ['a date that is none', { date: 'yesterday' }],
    ['what lay in a cache', { date: 'Mon, 07 Jan 2030 08:00:00 GMT', age: '3600' }],
  ])('is not compared with %s', async (_, headers) => {
    const { watch, answering, gauge } = aWatch()
    await answering(headers)
    expect([watch.degraded(), watch.stops(), gauge]).toEqual([[], false, []])
  })

  it('is no matter where nobody answers', async () => {
    const { watch } = aWatch()
    const asked = watch.watching(STS, () => Promise.reject(new Error('no route')))('https://neighbour.example.com')
    await expect(asked).rejects.toThrow('no route')
    expect([watch.degraded(), watch.stops()]).toEqual([[], false])
  })
})
