import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MOST_TOKEN_SECONDS,
  subjectFor,
  subjectPatternFor,
  webIdentityClaims,
  type WebIdentityRequest,
} from '../../../src/domain/aws/web-identity-token.ts'
import { aPrincipal, sha256 } from '../../support/a-principal.ts'
import { NINE } from '../../support/a-session.ts'

const NINE_UNIX = NINE.getTime() / 1000
const claimsOf = (changes: Partial<WebIdentityRequest> = {}) =>
  webIdentityClaims(
    {
      issuer: 'https://aws.example.com',
      audience: 'sts.amazonaws.com',
      accountId: '012345678901',
      roleName: 'rolegate/Developer',
      principal: aPrincipal({ groups: ['secret-group'], claims: { department: 'secret-department' } }),
      sessionTags: {},
      transitiveTags: [],
      jti: 'jti-1',
      issuedAt: NINE,
      lifetimeSeconds: 120,
      ...changes,
    },
    sha256,
  )

describe('webIdentityClaims', () => {
  it('holds exactly what contract.md names', () => {
    expect(
      claimsOf({ sourceIdentity: 'alice+aaaa', sessionTags: { Team: 'Platform' }, transitiveTags: ['Team'] }),
    ).toEqual({
      iss: 'https://aws.example.com',
      aud: 'sts.amazonaws.com',
      sub: expect.stringMatching(/^012345678901:rolegate\/Developer:[a-z2-7]{26}$/),
      iat: NINE_UNIX,
      exp: NINE_UNIX + 120,
      jti: 'jti-1',
      'https://aws.amazon.com/source_identity': 'alice+aaaa',
      'https://aws.amazon.com/tags': { principal_tags: { Team: ['Platform'] }, transitive_tag_keys: ['Team'] },
    })
  })

  it('leaves out source identity and tags where the role takes none', () => {
    expect(Object.keys(claimsOf()).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sub'])
  })

  it('names no transitive keys where there are none', () => {
    expect(claimsOf({ sessionTags: { Team: 'Platform' } })['https://aws.amazon.com/tags']).toEqual({
      principal_tags: { Team: ['Platform'] },
    })
  })

  it('holds no group, no e-mail, no username, no claim and no nbf (threats.md F2, I9)', () => {
    const text = JSON.stringify(claimsOf())
    for (const absent of ['secret', 'alice', '@', 'oid-1', 'nbf', 'group', 'email']) expect(text).not.toContain(absent)
  })

  it.each([
    { asked: 60, lives: 60 },
    { asked: 120, lives: 120 },
    { asked: 121, lives: MOST_TOKEN_SECONDS },
    { asked: 86_400, lives: 120 },
  ])('lives $lives seconds when $asked are configured (threats.md F2)', ({ asked, lives }) => {
    const { iat, exp } = claimsOf({ lifetimeSeconds: asked })
    expect(Number(exp) - Number(iat)).toBe(lives)
  })

  it('counts in whole seconds, and dates nothing into the future', () => {
    expect(claimsOf({ issuedAt: new Date(NINE.getTime() + 999) })).toMatchObject({ iat: NINE_UNIX })
  })

  it('names each person by the same hash in every role, and each by another', () => {
    const hashIn = (changes: Partial<WebIdentityRequest>) => claimsOf(changes).sub.split(':').at(-1)
    expect(hashIn({ roleName: 'Admin', accountId: '999999999999' })).toBe(hashIn({}))
    expect(hashIn({ principal: aPrincipal({ subject: 'oid-2' }) })).not.toBe(hashIn({}))
  })
})

/** IAM's StringLike, straightforwardly: `*` any run of characters, `?` any one. */
function isLike(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  const [first, rest] = [pattern.charAt(0), pattern.slice(1)]
  if (first === '*') return isLike(rest, text) || (text !== '' && isLike(pattern, text.slice(1)))
  return text !== '' && (first === '?' || first === text.charAt(0)) && isLike(rest, text.slice(1))
}

describe('a token for one role opens that role alone (threats.md F1)', () => {
  const part = fc.string({ unit: fc.constantFrom(...'aA1_+=,.@-'.split('')), minLength: 1, maxLength: 6 })
  const roleName = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const person = fc.string({ unit: fc.constantFrom(...'abc234'.split('')), minLength: 26, maxLength: 26 })
  const account = fc.constantFrom('012345678901', '123456789012', '012345678902')
  /** Names that begin or end with each other, which is where patterns go wrong. */
  const pair = fc.oneof(
    fc.tuple(roleName, roleName),
    fc.tuple(roleName, part).map(([name, more]) => [name, name + more] as const),
    fc.tuple(roleName, part).map(([name, more]) => [name, `${name}/${more}`] as const),
    fc.tuple(roleName, part).map(([name, more]) => [name, more + name] as const),
    fc.tuple(roleName, part).map(([name, more]) => [name, `${more}/${name}`] as const),
  )

  it('whatever the names of the roles, prefixes of each other too', () => {
    fc.assert(
      fc.property(account, account, pair, person, (here, there, [one, other], who) => {
        expect(isLike(subjectPatternFor(here, one), subjectFor(here, one, who))).toBe(true)
        const isSame = here === there && one === other
        expect(isLike(subjectPatternFor(there, other), subjectFor(here, one, who))).toBe(isSame)
        expect(isLike(subjectPatternFor(here, one), subjectFor(there, other, who))).toBe(isSame)
      }),
      { numRuns: 5_000 },
    )
  })

  it('stays within 255 characters at the longest name that config/ lets through', () => {
    const longest = `${'p'.repeat(128)}/${'p'.repeat(21)}/${'r'.repeat(64)}`
    expect(claimsOf({ roleName: longest }).sub).toHaveLength(255)
  })
})
