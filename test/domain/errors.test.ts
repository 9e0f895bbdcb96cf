import { describe, expect, it } from 'vitest'
import { asRolegateError, ERROR_CODES, RolegateError } from '../../src/domain/errors.ts'

describe('RolegateError', () => {
  it('names each way to refuse once', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length)
  })

  it('says its code and its reason, and nothing of its values or cause', () => {
    const error = new RolegateError('aws_refused', { role: 'a/b' }, { reason: 'trust', cause: new Error('hush') })
    expect(error.message).toBe('aws_refused: trust')
    expect(new RolegateError('not_found').message).toBe('not_found')
  })

  it('leaves one of ours as it is', () => {
    const error = new RolegateError('not_found')
    expect(asRolegateError(error)).toBe(error)
  })

  it.each([new TypeError('x'), 'a text', undefined, null, { code: 'not_found' }])(
    'turns a stranger into internal and keeps it for the log: %o',
    (thrown) => {
      expect(asRolegateError(thrown)).toMatchObject({
        code: 'internal',
        values: {},
        message: 'internal',
        cause: thrown,
      })
    },
  )
})
