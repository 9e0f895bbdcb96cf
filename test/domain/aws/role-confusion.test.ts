import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { evaluateTrustPolicy } from '../../../src/domain/aws/trust-policy/evaluate.ts'
import { trustPolicyFor } from '../../../src/domain/aws/trust-policy/generate.ts'
import { webIdentityClaims } from '../../../src/domain/aws/web-identity-token.ts'
import type { Principal } from '../../../src/domain/sign-in/principal.ts'

const ISSUER = 'https://aws.example.com'
const AUDIENCE = 'sts.amazonaws.com'
const sha256 = (text: string) => createHash('sha256').update(text).digest()

const principal: Principal = {
  idp: 'entra',
  issuer: 'https://idp.example.com',
  subject: 'u-1',
  subjectClaim: 'sub',
  username: 'alice',
  groups: { state: 'stated', names: [] },
  claims: {},
}

type Role = { accountId: string; roleName: string }

/** Sets of roles whose names and accounts begin, end and continue like one another. */
const relatedRoles = fc
  .record({
    stem: fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{1,12}$/),
    path: fc.constantFrom('', 'rolegate/', 'rolegate/rolegate/', 'a/'),
    tails: fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{0,6}$/), { minLength: 2, maxLength: 5 }),
    accounts: fc.uniqueArray(fc.constantFrom('111122223333', '111122223334', '011112222333', '999999999999'), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ stem, path, tails, accounts }): Role[] =>
    accounts.flatMap((accountId) =>
      tails.flatMap((tail) => [
        { accountId, roleName: `${path}${stem}${tail}` },
        { accountId, roleName: `${stem}${tail}` },
      ]),
    ),
  )

/** What STS would make of a token, at a role whose trust policy we generated. */
function accepts(minted: Role, asked: Role): boolean {
  const claims = webIdentityClaims(
    {
      issuer: ISSUER,
      audience: AUDIENCE,
      ...minted,
      principal,
      sourceIdentity: 'alice+x',
      sessionTags: {},
      transitiveTags: [],
      jti: 'j',
      issuedAt: new Date('2030-01-01T00:00:00Z'),
      lifetimeSeconds: 120,
    },
    sha256,
  )
  const policy = trustPolicyFor({
    partition: 'aws',
    ...asked,
    issuer: ISSUER,
    audience: AUDIENCE,
    sourceIdentity: true,
    tagKeys: [],
  })
  const provider = 'aws.example.com'
  const context = new Map([
    [`${provider}:aud`, [AUDIENCE]],
    [`${provider}:sub`, [claims.sub]],
    ['sts:SourceIdentity', ['alice+x']],
  ])
  const request = {
    principal: `arn:aws:iam::${asked.accountId}:oidc-provider/${provider}`,
    action: 'sts:AssumeRoleWithWebIdentity',
    context,
  }
  return evaluateTrustPolicy(policy, request).effect === 'allow'
}

it('a token minted for one role is refused for all others, however alike their names (threats.md F1, security.md T-17)', () => {
  let pairs = 0
  fc.assert(
    fc.property(relatedRoles, (roles) => {
      for (const minted of roles) {
        for (const asked of roles) {
          pairs += 1
          const same = minted.accountId === asked.accountId && minted.roleName === asked.roleName
          expect([minted, asked, accepts(minted, asked)]).toEqual([minted, asked, same])
        }
      }
    }),
    { numRuns: 300 },
  )
  expect(pairs).toBeGreaterThan(5_000)
})
