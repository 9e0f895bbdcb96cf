import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { missingTag, sessionTagsFor, tagFault } from '../../../src/domain/aws/session-tags.ts'
import type { GroupPattern } from '../../../src/domain/entitlement/pattern.ts'
import type { TagSource } from '../../../src/domain/entitlement/rule.ts'
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

const EXACT = (text: string): GroupPattern => ({
  source: `^${text}$`,
  prefix: text,
  within: () => text,
  captures: (value) => (value === text ? {} : undefined),
})
const by = (claims: Record<string, string>, idp = 'entra') => ({ idp, claims })
const LIMITED = { claim: 'department', idps: ['entra'], values: { anyOf: ['Payments', 'Platform'] } } as const
const MATCHED = { claim: 'department', idps: ['entra'], values: { pattern: EXACT('Payments') } } as const
const OPTIONAL = { ...LIMITED, optional: true } as const

describe('sessionTagsFor', () => {
  it.each<[string, TagSource, ReturnType<typeof by>, object]>([
    ['a constant', { constant: 'Platform' }, by({}), { Team: 'Platform' }],
    ['a claim without limits', { claim: 'team' }, by({ team: 'x' }, 'okta'), { Team: 'x' }],
    ['a value of those that are named', LIMITED, by({ department: 'Payments' }), { Team: 'Payments' }],
    ['a value that fits', MATCHED, by({ department: 'Payments' }), { Team: 'Payments' }],
    ['nothing where it is optional and absent', OPTIONAL, by({}), {}],
    ['nothing where it is optional and another', OPTIONAL, by({ department: 'Sales' }), {}],
    ['nothing where it is optional and another IdP’s word', OPTIONAL, by({ department: 'Payments' }, 'okta'), {}],
  ])('takes %s', (_, source, principal, tags) => {
    expect(sessionTagsFor({ Team: source }, principal)).toEqual(tags)
    expect(missingTag({ Team: source }, principal)).toBeUndefined()
  })

  it.each<[string, TagSource, ReturnType<typeof by>]>([
    ['an absent claim', { claim: 'team' }, by({})],
    ['an empty claim', { claim: 'team' }, by({ team: '' })],
    ['a claim by the name of something else', { claim: 'constructor' }, by({})],
    ['a value AWS does not take', { claim: 'team' }, by({ team: '*' })],
    ['a value over 256', { claim: 'team' }, by({ team: 'v'.repeat(257) })],
    ['another value than those that are named', LIMITED, by({ department: 'Sales' })],
    ['a value in other letters', LIMITED, by({ department: 'payments' })],
    ['a value with more around it', LIMITED, by({ department: 'Payments ' })],
    ['another IdP’s word', LIMITED, by({ department: 'Payments' }, 'okta')],
    ['an IdP of a like name', LIMITED, by({ department: 'Payments' }, 'Entra')],
    ['a value that does not fit', MATCHED, by({ department: 'Platform' })],
    ['an optional value AWS does not take', { claim: 'team', optional: true }, by({ team: 'x'.repeat(257) })],
  ])('refuses %s rather than leave the tag out (threats.md I5)', (_, source, principal) => {
    const sources = { Cost: { constant: '7' }, Team: source }
    expect(refusalOf(() => sessionTagsFor(sources, principal))).toMatchObject({
      code: 'condition_unmet',
      reason: 'tag_unavailable:Team',
      values: { condition: 'tag_unavailable', tag: 'Team' },
    })
    expect(missingTag(sources, principal)).toBe('Team')
  })

  it('says only what the file allows, of whom it names, or refuses: whatever is claimed', () => {
    const text = fc.oneof(fc.constantFrom('Payments', 'Platform', 'Sales', '', '*', 'v'.repeat(257)), fc.string())
    const source = fc.record(
      {
        claim: fc.constantFrom('department', 'team', '__proto__', 'constructor'),
        idps: fc.subarray(['entra', 'okta'], { minLength: 1 }),
        values: fc.record({ anyOf: fc.array(text, { minLength: 1, maxLength: 3 }) }),
        optional: fc.constant(true as const),
      },
      { requiredKeys: ['claim'] },
    )
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('Team', 'Cost', 'Stage'), source),
        fc.dictionary(fc.constantFrom('department', 'team'), text),
        fc.constantFrom('entra', 'okta', 'keycloak'),
        (sources, claims, idp) => {
          const missing = missingTag(sources, { idp, claims })
          if (missing !== undefined) {
            expect(refusalOf(() => sessionTagsFor(sources, { idp, claims })).code).toBe('condition_unmet')
            return
          }
          const tags = sessionTagsFor(sources, { idp, claims })
          for (const [key, { claim, idps, values, optional }] of Object.entries(sources)) {
            const value = Object.hasOwn(tags, key) ? tags[key] : undefined
            if (value === undefined) expect(optional).toBe(true)
            else {
              expect(value).toBe(claims[claim])
              expect(value).not.toBe('')
              expect(tagFault(key, value)).toBeUndefined()
              expect(idps ?? [idp]).toContain(idp)
              expect(values?.anyOf ?? [value]).toContain(value)
            }
          }
          // Claims never choose keys.
          expect(Object.keys(sources)).toEqual(expect.arrayContaining(Object.keys(tags)))
        },
      ),
      { numRuns: 2000 },
    )
  })
})
