import { describe, expect, it } from 'vitest'
import { attemptIdIn } from '../../../src/domain/sign-in/attempt.ts'

const RANDOM = 'A1b2C3d4E5f6G7h8I9j0_-'

describe('attemptIdIn', () => {
  it.each([`0a1b2c3d.${RANDOM}`, `0a1b2c3d.${RANDOM}${RANDOM}`])(
    'names the attempt a state belongs to: %s',
    (state) => {
      expect(attemptIdIn(state)).toBe('0a1b2c3d')
    },
  )

  it.each([
    '',
    '0a1b2c3d',
    '0a1b2c3d.',
    `0a1b2c3d.${RANDOM.slice(1)}`,
    `0a1b2c3.${RANDOM}`,
    `0a1b2c3d4.${RANDOM}`,
    `0A1B2C3D.${RANDOM}`,
    `0a1b2c3g.${RANDOM}`,
    `__proto__.${RANDOM}`,
    ` 0a1b2c3d.${RANDOM}`,
    `0a1b2c3d.${RANDOM}\n`,
    `0a1b2c3d.${RANDOM}; Path=/`,
    `0a1b2c3d.${RANDOM}.x`,
    undefined,
    null,
    7,
    [`0a1b2c3d.${RANDOM}`],
  ])('knows no attempt of %o', (state) => {
    expect(attemptIdIn(state)).toBeUndefined()
  })
})
