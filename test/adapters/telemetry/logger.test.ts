import { describe, expect, it } from 'vitest'
import { causesOf, makeLogger } from '../../../src/adapters/telemetry/logger.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aClock } from '../../support/store-contract.ts'

const canary = 'rga_canary-of-a-secret'

function aLog(level = 'debug') {
  const lines: string[] = []
  const log = makeLogger({ level, out: { write: (line) => void lines.push(line) }, now: aClock().now })
  return { log, lines, read: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('the log', () => {
  it('says each thing in one line of JSON, told from the audit by its stream', () => {
    const { log, read } = aLog()
    log.info('started', { port: 8420, demo: false, names: ['a', 'b'] })
    log.warn('slow')
    expect(read()).toEqual([
      {
        level: 'info',
        time: '2030-01-01T09:00:00.000Z',
        stream: 'log',
        port: 8420,
        demo: false,
        names: ['a', 'b'],
        message: 'started',
      },
      { level: 'warn', time: '2030-01-01T09:00:00.000Z', stream: 'log', message: 'slow' },
    ])
  })

  it('keeps to its level', () => {
    const { log, read } = aLog('warn')
    log.info('no')
    log.error('yes')
    expect(read().map(({ message }) => message)).toEqual(['yes'])
  })

  it('cannot be given a second line by what a stranger sends', () => {
    const { log, lines } = aLog()
    log.info('refused', { reason: 'x\n{"level":"info"}\r' })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.trimEnd()).not.toMatch(/[\r\n]/)
  })
})

describe('causes', () => {
  class OdbcError extends Error {
    override name = 'OdbcError'
    readonly code = 'E42'
    readonly dsn = `postgres://u:${canary}@db`
    readonly request = { headers: { authorization: canary } }
  }

  it('are named: what they are, their code, where they were thrown', () => {
    const inner = new OdbcError('x')
    const outer = new RolegateError('store_unavailable', {}, { reason: 'too many races', cause: inner })
    expect(causesOf(outer)).toEqual([
      {
        name: 'RolegateError',
        code: 'store_unavailable',
        reason: 'too many races',
        at: expect.stringContaining('logger.test.ts') as string,
      },
      { name: 'OdbcError', code: 'E42', at: expect.stringContaining('logger.test.ts') as string },
    ])
  })

  const multiline = (text: string) => new Error(`${text}\n    at ${text} (${text}.ts:1:1)`)
  const renamed = () => {
    const error = new Error(`was ${canary}`)
    error.message = 'is another'
    return error
  }
  it.each<[string, unknown]>([
    ['in a message', new Error(`refused the token ${canary}`)],
    ['in the message of a cause', new Error('x', { cause: new Error(canary) })],
    ['in a field', new OdbcError('x')],
    ['in a message that looks like a stack (threats.md P4)', multiline(canary)],
    [
      'in the cause of a cause, which looks like a stack',
      new Error('x', { cause: new Error('y', { cause: multiline(canary) }) }),
    ],
    ['in a message that was changed since', renamed()],
    ['in an error of ours that wraps a stranger', new RolegateError('internal', {}, { cause: new TypeError(canary) })],
    ['thrown as text', canary],
    ['thrown as an object', { message: canary, stack: canary }],
    ['as a cause that is text', new Error('x', { cause: canary })],
    ['in one of several errors', new AggregateError([new Error(canary)], canary)],
    ['in a code that is no text', Object.assign(new Error('x'), { code: { value: canary } })],
  ])('tell no secret that stands %s (security.md A-4, threats.md P4)', (_, thrown) => {
    const { log, lines } = aLog()
    log.error('a request failed', { request_id: 'r1' }, thrown)
    expect(lines.join('')).not.toContain('canary')
    expect(lines.join('')).toContain('a request failed')
  })

  it('in a circle end', () => {
    const one = new Error('one')
    const two = new Error('two', { cause: one })
    one.cause = two
    expect(causesOf(two).length).toBeLessThanOrEqual(5)
  })

  it('of nothing are nothing', () => {
    expect([causesOf(undefined), causesOf(null), causesOf('x')]).toEqual([[], [], []])
  })
})
