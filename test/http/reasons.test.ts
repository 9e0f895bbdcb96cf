import { describe, expect, it } from 'vitest'
import { unmetNext } from '../../src/http/reasons.ts'

describe('what to do about a condition that is not met', () => {
  it.each(['clock_skew', 'config_stale', 'config_behind', 'address_unknown'])(
    'is nothing that whoever asks could do, of %s',
    (condition) => expect(unmetNext({ condition })).toContain('Tell whoever runs Rolegate'),
  )

  it('stands on the role’s page, of everything else', () =>
    expect(unmetNext({ condition: 'policy_passed_through' })).toBe('Open the role in the portal.'))
})
