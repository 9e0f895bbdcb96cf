import { describe, expect, it } from 'vitest'
import { requireTagValue, tagFault } from '../../../src/domain/aws/session-tags.ts'
import { refusalOf } from '../../support/a-refusal.ts'

describe('tagFault', () => {
  it.each([
    ['Team', 'Platform'],
    ['team:cost-center', 'a_b.c/d=e+f-g@h'],
    ['Équipe', 'Zürich ÄÖ 日本'],
    ['k'.repeat(128), 'v'.repeat(256)],
    ['Empty', ''],
    ['__proto__', 'x'],
  ])('finds nothing wrong with %s', (key, value) => {
    expect(tagFault(key, value)).toBeUndefined()
  })

  it.each([
    ['no key', '', 'x'],
    ['a key over 128', 'k'.repeat(129), 'x'],
    ['a key AWS keeps', 'aws:PrincipalTag', 'x'],
    ['a key AWS keeps, whatever its case', 'AWS:x', 'x'],
    ['a key with a star', 'Te*m', 'x'],
    ['a key with a line feed', 'Team\n', 'x'],
    ['a value over 256', 'Team', 'v'.repeat(257)],
    ['a value with a star', 'Team', '*'],
    ['a value with a dollar', 'Team', '${aws:username}'],
    ['a value with a quote', 'Team', '"'],
    ['a value with a control character', 'Team', 'a\u0000b'],
    ['a value with a line feed', 'Team', 'a\nb'],
    ['a value with a symbol', 'Team', '🦊'],
  ])('finds %s (security.md T-10)', (_, key, value) => {
    expect(tagFault(key, value)).toMatch(/AWS/)
  })
})

describe('requireTagValue', () => {
  it('answers a value AWS takes', () => {
    expect(requireTagValue('Team', 'Platform')).toBe('Platform')
  })

  it.each([undefined, null, '', 7, true, ['Platform'], {}, '*', 'x'.repeat(257)])(
    'refuses %o rather than leave the tag out (threats.md I5)',
    (value) => {
      expect(refusalOf(() => requireTagValue('Team', value))).toMatchObject({
        code: 'condition_unmet',
        values: { condition: 'session_tag', tag: 'Team' },
      })
    },
  )
})
