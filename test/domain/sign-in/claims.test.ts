import { describe, expect, it } from 'vitest'
import {
  groupStatementFrom,
  MOST_GROUPS,
  principalFrom,
  type ClaimMapping,
} from '../../../src/domain/sign-in/claims.ts'
import { refusalOf } from '../../support/a-refusal.ts'

const mapping: ClaimMapping = {
  idp: 'entra',
  subject: 'oid',
  username: 'preferred_username',
  groups: { claim: 'groups' },
  keep: [],
}
const claims = { oid: 'o-1', preferred_username: 'alice', groups: ['a'] }
const read = (changes: Record<string, unknown> = {}, by: Partial<ClaimMapping> = {}) =>
  principalFrom({ issuer: 'https://idp.example.com', claims: { ...claims, ...changes } }, { ...mapping, ...by })
const groupsIn = (value: unknown, limit?: ClaimMapping['groups']['limit']) =>
  groupStatementFrom({ groups: value }, { claim: 'groups', ...(limit && { limit }) })
const listOf = (count: number) => Array.from({ length: count }, (_, n) => `group-${n}`)
/** As a JSON parser makes it: `__proto__` is a member like any other. */
const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>

describe('groupStatementFrom', () => {
  it.each([
    { because: 'a list is stated as it stands', value: ['b', 'a'], state: 'stated', names: ['b', 'a'] },
    { because: 'an empty list is stated, and empty', value: [], state: 'stated', names: [] },
    { because: 'a lone text is one group (security.md M-2)', value: 'a', state: 'stated', names: ['a'] },
    { because: 'a lone text is not split at commas', value: 'a,b', state: 'stated', names: ['a,b'] },
    { because: 'a lone text is not split at blanks', value: 'a b', state: 'stated', names: ['a b'] },
    { because: 'a lone text is not read as JSON', value: '["a"]', state: 'stated', names: ['["a"]'] },
    { because: 'a group named twice counts once', value: ['a', 'b', 'a'], state: 'stated', names: ['a', 'b'] },
    { because: 'case tells groups apart (security.md M-3)', value: ['a', 'A'], state: 'stated', names: ['a', 'A'] },
    { because: 'nothing is trimmed (security.md M-4)', value: [' a', 'a '], state: 'stated', names: [' a', 'a '] },
    { because: 'nothing is normalised', value: ['\u00e9', 'e\u0301'], state: 'stated', names: ['\u00e9', 'e\u0301'] },
    { because: 'paths stay whole', value: ['/acme/devs'], state: 'stated', names: ['/acme/devs'] },
    { because: 'a star is a name (security.md M-11)', value: ['*'], state: 'stated', names: ['*'] },
    {
      because: 'names that objects know are names (security.md M-12)',
      value: ['__proto__', 'constructor', 'toString'],
      state: 'stated',
      names: ['__proto__', 'constructor', 'toString'],
    },
    { because: 'null is absent', value: null, state: 'absent', names: [] },
    { because: 'no claim is absent, not empty (threats.md I4)', value: undefined, state: 'absent', names: [] },
  ])('$because', ({ value, state, names }) => {
    expect(groupsIn(value)).toEqual({ state, names })
  })

  it.each([
    ['a number', 7],
    ['true', true],
    ['an object', { a: true }],
    ['a list in a list', [['a']]],
    ['a number in the list', ['a', 7]],
    ['null in the list', ['a', null]],
    ['an object in the list', [{ name: 'a' }]],
    ['an empty name', ['']],
    ['an empty lone name', ''],
    ['a name over 256 characters (security.md M-5)', ['x'.repeat(257)]],
  ])('refuses the sign-in over %s: a list half understood may lack the group that denies', (_, value) => {
    expect(refusalOf(() => groupsIn(value))).toMatchObject({ code: 'sign_in_rejected', reason: 'group_not_text' })
  })

  it('takes a name of 256 characters', () => {
    expect(groupsIn(['x'.repeat(256)]).state).toBe('stated')
  })

  it('takes five thousand groups and refuses more, never cutting (security.md M-15)', () => {
    expect(groupsIn(listOf(MOST_GROUPS)).names).toHaveLength(MOST_GROUPS)
    expect(refusalOf(() => groupsIn(listOf(MOST_GROUPS + 1))).code).toBe('groups_truncated')
    expect(refusalOf(() => groupsIn(listOf(10_000)))).toMatchObject({ values: { count: 10_000, limit: MOST_GROUPS } })
    expect(refusalOf(() => groupsIn(Array.from({ length: 10_000 }, () => 'same'))).code).toBe('groups_truncated')
  })

  it.each([
    { because: 'below the limit the list is whole', count: 99, state: 'stated' },
    { because: 'at the limit it counts as cut (threats.md R5)', count: 100, state: 'truncated' },
    { because: 'above it too', count: 101, state: 'truncated' },
  ])('$because', ({ count, state }) => {
    expect(groupsIn(listOf(count), { count: 100, else: 'fail' }).state).toBe(state)
  })

  it('counts a group that the IdP names twice as two: the IdP cut the list where it counted (threats.md R5)', () => {
    const cut = [...listOf(99), 'group-0']
    expect(groupsIn(cut, { count: 100, else: 'fail' })).toMatchObject({ state: 'truncated', names: listOf(99) })
  })

  it.each([
    { because: 'groups are named as being elsewhere', extra: { _claim_names: { groups: 'src1' } } },
    { because: 'the token says it has groups', extra: { hasgroups: true } },
    {
      because: 'a SAML attribute links to them',
      extra: { 'http://schemas.microsoft.com/claims/groups.link': ['https://graph.windows.net/elsewhere'] },
    },
    { because: 'a list stands beside the pointer', extra: { _claim_names: { groups: 'src1' }, groups: ['a'] } },
  ])('sees an overage when $because, and never follows it (security.md M-13)', ({ extra }) => {
    expect(groupStatementFrom(extra, { claim: 'groups' })).toEqual({ state: 'truncated', names: [] })
  })

  it.each([
    { because: 'another claim is elsewhere', extra: { _claim_names: { photo: 'src1' } } },
    { because: 'the pointer is null', extra: { _claim_names: null } },
    { because: 'the pointer is text', extra: { _claim_names: 'groups' } },
    { because: 'hasgroups is false', extra: { hasgroups: false } },
  ])('sees no overage when $because', ({ extra }) => {
    expect(groupStatementFrom({ ...extra, groups: ['a'] }, { claim: 'groups' }).state).toBe('stated')
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'finds no groups in a claim called %s that nobody sent (security.md M-12)',
    (claim) => {
      expect(groupStatementFrom({}, { claim })).toEqual({ state: 'absent', names: [] })
      expect(groupStatementFrom({ _claim_names: {} }, { claim }).state).toBe('absent')
    },
  )

  it('reads a claim called __proto__ that was really sent', () => {
    expect(groupStatementFrom(parsed('{"__proto__":["a"]}'), { claim: '__proto__' }).names).toEqual(['a'])
  })
})

describe('principalFrom', () => {
  it('knows nobody by a NameID that is an e-mail address (threats.md I2)', () => {
    const from = (subject: string, format: string) => () =>
      principalFrom(
        {
          issuer: 'https://idp.example.com',
          claims: { ...claims, nameid: 'alice@example.com', uid: 'u-1' },
          idpSession: { nameId: 'alice@example.com', format: `urn:oasis:names:tc:SAML:${format}` },
        },
        { ...mapping, subject },
      )
    const refusal = refusalOf(from('nameid', '1.1:nameid-format:emailAddress'))
    expect(refusal).toMatchObject({ code: 'sign_in_rejected', reason: 'subject_is_an_email_address' })
    expect(from('uid', '1.1:nameid-format:emailAddress')().subject).toBe('u-1')
    expect(from('nameid', '2.0:nameid-format:persistent')().subject).toBe('alice@example.com')
  })

  it('reads who signed in by the configured names', () => {
    expect(read({ email: 'alice@example.com' })).toEqual({
      idp: 'entra',
      issuer: 'https://idp.example.com',
      subject: 'o-1',
      subjectClaim: 'oid',
      username: 'alice',
      email: 'alice@example.com',
      groups: { state: 'stated', names: ['a'] },
      claims: {},
    })
  })

  it.each([
    { because: 'no subject', changes: { oid: undefined } },
    { because: 'an empty subject', changes: { oid: '' } },
    { because: 'a subject of several values (threats.md I2)', changes: { oid: ['o-1', 'o-2'] } },
    { because: 'a number as subject', changes: { oid: 1 } },
    { because: 'a subject over 255 characters', changes: { oid: 'x'.repeat(256) } },
    { because: 'half a surrogate pair in the subject (threats.md I1)', changes: { oid: 'a\ud800' } },
    { because: 'no username', changes: { preferred_username: undefined } },
    { because: 'an empty username', changes: { preferred_username: '' } },
    { because: 'a username that is no text', changes: { preferred_username: { a: 1 } } },
    { because: 'a username over 300 characters', changes: { preferred_username: 'x'.repeat(301) } },
  ])('refuses $because', ({ changes }) => {
    const refusal = refusalOf(() => read(changes))
    expect(refusal.code).toBe('sign_in_rejected')
    expect(refusal.reason).toMatch(/^(subject|username)_claim_unusable:/)
  })

  it('calls nobody by a name or an address that is another IdP’s to give (threats.md I1)', () => {
    const stated = { preferred_username: 'alice@example.com', email: 'alice@example.com' }
    const shown = ['entra:alice@example.com', 'entra:alice@example.com']
    const elsewhere = read(stated, { usernameDomains: ['acme.example'] })
    expect([elsewhere.username, elsewhere.email]).toEqual(shown)
    const inside = read(stated, { usernameDomains: ['acme.example', 'example.com'] })
    expect([inside.username, inside.email]).toEqual(['alice@example.com', 'alice@example.com'])
  })

  it('keeps what names a person across IdPs where the file says by which claim, and the claim with it (threats.md I3)', () => {
    expect(read({ employee_id: 'E-7' }, { personKey: 'employee_id' }).personKey).toEqual({
      claim: 'employee_id',
      value: 'E-7',
    })
    // Who lacks it signs in all the same.
    expect(read({}, { personKey: 'employee_id' })).not.toHaveProperty('personKey')
    expect(read({ employee_id: 'E-7' })).not.toHaveProperty('personKey')
  })

  it('takes whole surrogate pairs in a name', () => {
    expect(read({ preferred_username: 'alice 🦊' }).username).toBe('alice 🦊')
  })

  it.each(['constructor', 'toString', '__proto__'])(
    'takes no subject from a claim called %s nobody sent',
    (subject) => {
      expect(refusalOf(() => read({}, { subject })).code).toBe('sign_in_rejected')
    },
  )

  it.each([
    { email: ['alice@example.com'] },
    { 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress': 'alice@example.com', email_verified: true },
    { 'urn:oid:0.9.2342.19200300.100.1.3': ['alice@example.com'] },
  ])('takes an address by the names it usually has: %j', (claims) => {
    const { email, emailVerified } = read(claims)
    expect([email, emailVerified]).toEqual(['alice@example.com', undefined])
  })

  it.each([
    { because: 'a list of two', email: ['alice@example.com', 'a@example.com'] },
    { because: 'a number', email: 7 },
    { because: 'longer than any address', email: `${'x'.repeat(320)}@example.com` },
  ])('keeps no e-mail that is $because: it decides nothing', ({ email }) => {
    expect(read({ email })).not.toHaveProperty('email')
  })

  it('refuses a cut list by default, and says how long it was', () => {
    const limited = { groups: { claim: 'groups', limit: { count: 2, else: 'fail' } } } as const
    expect(refusalOf(() => read({ groups: ['a', 'b'] }, limited))).toMatchObject({
      code: 'groups_truncated',
      values: { idp: 'entra', count: 2, limit: 2 },
    })
  })

  it('refuses an overage where no limit was configured', () => {
    expect(refusalOf(() => read({ hasgroups: true })).code).toBe('groups_truncated')
  })

  it('lets a cut list through where the operator chose to be warned, and keeps it marked', () => {
    const warned = { groups: { claim: 'groups', limit: { count: 2, else: 'warn' } } } as const
    expect(read({ groups: ['a', 'b'] }, warned).groups).toEqual({ state: 'truncated', names: ['a', 'b'] })
  })

  it.each([
    { because: 'the limit says fail', limit: 'fail', overage: 'warn' },
    { because: 'the overage says fail', limit: 'warn', overage: 'fail' },
  ] as const)('refuses a cut list where one word of two allows it: $because', ({ limit, overage }) => {
    const groups = { claim: 'groups', limit: { count: 2, else: limit }, overage: { else: overage } }
    expect(refusalOf(() => read({ groups: ['a', 'b'] }, { groups })).code).toBe('groups_truncated')
  })

  it('lets an overage through where the operator chose to be warned, and keeps it marked', () => {
    const warned = { groups: { claim: 'groups', overage: { else: 'warn' } } } as const
    expect(read({ groups: undefined, hasgroups: true }, warned).groups).toEqual({ state: 'truncated', names: [] })
  })

  describe('with the whole list from the directory (threats.md R5)', () => {
    const told = (directoryGroups: readonly string[], changes: Record<string, unknown> = { hasgroups: true }) =>
      principalFrom({ issuer: 'i', claims: { ...claims, ...changes }, directoryGroups }, mapping).groups

    it('takes it in place of the claim, each group once', () => {
      expect(told(['c', 'd', 'c'])).toEqual({ state: 'stated', names: ['c', 'd'] })
    })

    it('takes an empty one for what it is', () => {
      expect(told([])).toEqual({ state: 'stated', names: [] })
    })

    it('holds it to what a claim is held to (security.md M-5, M-15)', () => {
      expect(refusalOf(() => told([''])).code).toBe('sign_in_rejected')
      expect(refusalOf(() => told(['x'.repeat(257)])).code).toBe('sign_in_rejected')
      expect(refusalOf(() => told(listOf(MOST_GROUPS + 1))).code).toBe('groups_truncated')
    })
  })

  it('keeps the claims that session tags ask for, text only', () => {
    const kept = read(
      { team: 'pay', level: 7, list: ['x'] },
      { keep: ['team', 'level', 'list', 'missing', 'toString'] },
    )
    expect(kept.claims).toEqual({ team: 'pay' })
  })

  it('keeps a claim called __proto__ as a claim, and changes no prototype (security.md M-12)', () => {
    const sent = parsed('{"oid":"o-1","preferred_username":"alice","__proto__":"x"}')
    const kept = principalFrom({ issuer: 'i', claims: sent }, { ...mapping, keep: ['__proto__'] }).claims
    expect(Object.hasOwn(kept, '__proto__')).toBe(true)
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
  })
})
