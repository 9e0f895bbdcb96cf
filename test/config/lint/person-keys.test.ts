import { describe, expect, it } from 'vitest'
import { changed, load } from '../a-file.ts'

const NUMBER = 'person_key: claims.employee_id'
/** Entra's people ask; Okta's approve, for a role or for the grant. */
const withApproval = (
  { entra = '', okta = '', by = 'okta' }: { entra?: string; okta?: string; by?: string },
  of: 'role' | 'grant' | 'base',
) => {
  const approval = `require: { approval: { by: { idp: ${by}, group: Leads }, valid_for: 4h } }`
  return changed(
    [
      '    groups: { claim: groups }\n',
      `    groups: { claim: groups }\n    username_domains: [example.com]\n    ${entra}\n`,
    ],
    [
      'accounts:\n',
      `  - { id: okta, type: oidc, issuer: https://okta.example.com, client_id: c, client_secret_env: IDP_SECRET, groups: { claim: groups }, username_domains: [acme.example]${okta && `, ${okta}`} }\naccounts:\n`,
    ],
    ...(of === 'grant' ? [['roles: [readonly, admin] }', `roles: [readonly, admin], ${approval} }`] as const] : []),
    ...(of === 'role' ? [['elevated: true }', `elevated: true, ${approval} }`] as const] : []),
    ...(of === 'base'
      ? [
          [
            'elevated: true }',
            `elevated: true, ${approval} }\n  look: { role_name: team/Admin, variant_of: admin, policy_arns: [arn:aws:iam::aws:policy/ReadOnlyAccess] }`,
          ] as const,
          ['roles: [readonly, admin] }', 'roles: [readonly, look] }'] as const,
        ]
      : []),
  )
}
const advice = (text: string) =>
  load(text)
    .warnings.map((warning) => warning.replace(/^.*? {2}/, ''))
    .filter((line) => /approval-across-idps|mutable-claim/.test(line))

describe('[approval-across-idps] (threats.md I3)', () => {
  it.each([
    ['grant', 'rules[0].grant'],
    ['role', 'roles.admin'],
    ['base', 'roles.admin'],
  ] as const)('is said of an approval for a %s by people of another IdP', (of, path) => {
    expect(advice(withApproval({}, of))).toEqual([
      `${path}.require.approval.by.idp: people of entra ask, and people of okta approve: without a person_key at both, names and addresses alone tell that nobody does both [approval-across-idps]`,
    ])
  })

  it('is said where one of them alone has a key, and not where both have', () => {
    expect(advice(withApproval({ entra: NUMBER }, 'grant'))).toHaveLength(1)
    expect(advice(withApproval({ okta: NUMBER }, 'role'))).toHaveLength(1)
    expect(advice(withApproval({ entra: NUMBER, okta: NUMBER }, 'grant'))).toEqual([])
    expect(advice(withApproval({ entra: NUMBER, okta: NUMBER }, 'role'))).toEqual([])
  })

  it('is not said where those who ask and those who approve are of one IdP, or of one issuer by one claim', () => {
    expect(advice(withApproval({ by: 'entra' }, 'grant'))).toEqual([])
    expect(advice(withApproval({ by: 'entra' }, 'role'))).toEqual([])
    const oneIssuer = withApproval({}, 'grant').replace('https://okta.example.com', 'https://idp.example.com')
    expect(advice(oneIssuer)).toEqual([])
    expect(
      advice(oneIssuer.replace('username_domains: [acme', 'subject: claims.oid, username_domains: [acme')),
    ).toHaveLength(1)
  })
})

it('[mutable-claim] is said of a key that people may set for themselves', () => {
  expect(advice(withApproval({ entra: 'person_key: claims.email', okta: NUMBER }, 'grant'))).toEqual([
    'idps[0].person_key: email can change and pass to another person, and people are told apart by it [mutable-claim]',
  ])
})
