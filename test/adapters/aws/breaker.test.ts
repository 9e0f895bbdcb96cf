import { describe, expect, it } from 'vitest'
import { makeBreaker } from '../../../src/adapters/aws/breaker.ts'
import { isSilence } from '../../../src/adapters/aws/sts.ts'
import { RolegateError } from '../../../src/domain/errors.ts'

const silence = () => new RolegateError('aws_unavailable', { retryAfterSeconds: 5 }, { reason: 'no_answer' })
const throttled = () => new RolegateError('aws_unavailable', { retryAfterSeconds: 5 }, { reason: 'Throttling' })
const refused = () => new RolegateError('aws_refused', {}, { reason: 'AccessDenied' })

function aBreaker() {
  let clock = 1_000_000
  const heard: string[] = []
  const breaker = makeBreaker({
    elapsed: () => clock,
    isSilence,
    onChange: (neighbour, answers) => void heard.push(`${neighbour} ${answers ? 'answers' : 'is down'}`),
  })
  let asked = 0
  const ask = async (neighbour: string, answer: () => Promise<string>): Promise<string> => {
    const outcome = breaker.through(neighbour, () => ((asked += 1), answer()))
    return outcome.catch((thrown: unknown) => {
      const { reason, values } = thrown as RolegateError
      return `${reason} ${String(values['retryAfterSeconds'] ?? '')}`.trim()
    })
  }
  return {
    ask,
    heard,
    down: breaker.down,
    asked: () => asked,
    wait: (ms: number) => void (clock += ms),
    async fail(times: number, make = silence, neighbour = 'sts:main:eu-west-1') {
      const outcomes: string[] = []
      for (let at = 0; at < times; at += 1) outcomes.push(await ask(neighbour, () => Promise.reject(make())))
      return outcomes
    },
    works: (neighbour = 'sts:main:eu-west-1') => ask(neighbour, () => Promise.resolve('credentials')),
  }
}

describe('AWS that does not answer (security.md V-8)', () => {
  it('is not asked any more after ten calls in vain, and whoever comes hears so at once', async () => {
    const { fail, works, heard, asked, down } = aBreaker()
    expect(await fail(10)).toEqual(Array.from({ length: 10 }, () => 'no_answer 5'))
    expect(await works()).toBe('not_asked_while_down 5')
    expect([asked(), heard, down()]).toEqual([10, ['sts:main:eu-west-1 is down'], ['sts:main:eu-west-1']])
  })

  it('is tried by one call when the wait is over, while others are still told no', async () => {
    const { fail, works, ask, wait, heard, down } = aBreaker()
    await fail(10)
    wait(5_000)
    let answer: (text: string) => void = () => {}
    const trial = ask('sts:main:eu-west-1', () => new Promise((resolve) => (answer = resolve)))
    expect(await works()).toBe('not_asked_while_down 1')
    answer('credentials')
    expect(await trial).toBe('credentials')
    expect(await works()).toBe('credentials')
    expect([heard.at(-1), down()]).toEqual(['sts:main:eu-west-1 answers', []])
  })

  it('waits twice as long after each trial in vain, half a minute at most, and is said to be down once', async () => {
    const { fail, works, wait, heard } = aBreaker()
    await fail(10)
    for (const seconds of [10, 20, 30, 30]) {
      wait(30_000)
      expect(await fail(1)).toEqual(['no_answer 5'])
      expect(await works()).toBe(`not_asked_while_down ${seconds}`)
    }
    expect(heard).toEqual(['sts:main:eu-west-1 is down'])
  })

  it('is taken to be well when it answers in between, whatever it answers', async () => {
    const { fail, works, asked, down } = aBreaker()
    for (const answer of [refused, throttled]) {
      await fail(9)
      await fail(1, answer)
    }
    await fail(9)
    await works()
    await fail(9)
    expect([asked(), down()]).toEqual([39, []])
  })

  it('is asked again at once by everybody after a trial that was refused: a refusal is an answer', async () => {
    const { fail, works, wait } = aBreaker()
    await fail(10)
    wait(5_000)
    await fail(1, refused)
    expect(await works()).toBe('credentials')
  })

  it('is one region of one entry: others are asked as ever', async () => {
    const { fail, works } = aBreaker()
    await fail(10)
    expect(await works('sts:main:us-east-1')).toBe('credentials')
    expect(await works('signin:main:eu-west-1')).toBe('credentials')
  })

  it('is not said to be down when nobody has asked for a minute', async () => {
    const { fail, down, wait } = aBreaker()
    await fail(10)
    wait(64_000)
    expect(down()).toEqual(['sts:main:eu-west-1'])
    wait(1_000)
    expect(down()).toEqual([])
  })

  it('calls that were under way when it shut do not prolong the wait, and one that is answered ends it', async () => {
    const { ask, fail, works, wait } = aBreaker()
    const endings: (() => void)[] = []
    const underWay = Array.from({ length: 12 }, () =>
      ask('sts:main:eu-west-1', () => new Promise((_, reject) => void endings.push(() => reject(silence())))),
    )
    await fail(10)
    wait(4_000)
    for (const end of endings) end()
    await Promise.all(underWay)
    expect(await works()).toBe('not_asked_while_down 1')
    wait(1_000)
    expect(await works()).toBe('credentials')

    let answer: (text: string) => void = () => {}
    const late = ask('sts:main:eu-west-1', () => new Promise((resolve) => (answer = resolve)))
    await fail(10)
    answer('credentials')
    await late
    expect(await works()).toBe('credentials')
  })
})
