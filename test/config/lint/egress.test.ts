import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { withText } from '../../../src/config/with-text.ts'
import { A_FILE, aWorld, changed, faultsOf } from '../a-file.ts'

const warned = (text: string, insecureDev = false) =>
  loadConfig(withText(text, aWorld({ insecureDev }))).warnings.map(({ path, message }) => `${path} ${message}`)

const withSts = (entry: string, text = A_FILE) => `${text}sts: { default: { ${entry} } }\n`

describe('a way to AWS that says not where our calls come from (threats.md F3)', () => {
  it('is warned of once, with how many roles are open from anywhere, elevated ones first', () => {
    expect(warned(A_FILE)).toEqual([
      'sts.default has no egress: a token that leaks, or the key that signs them, opens 2 elevated roles (pay-prod/admin, pay-dev/admin) and 2 others from anywhere; say where our calls come from, and take the trust policies that are printed from that [no-egress-pin]',
    ])
  })

  it.each([
    [
      'one elevated role and one other',
      changed(['accounts: [pay-prod, pay-dev]', 'accounts: pay-dev']),
      'opens 1 elevated role (pay-dev/admin) and 1 other from',
    ],
    [
      'elevated ones alone',
      changed(['[readonly, admin]', '[admin]']),
      'opens 2 elevated roles (pay-prod/admin, pay-dev/admin) from',
    ],
    [
      'one that is not',
      changed(['[readonly, admin]', '[readonly]'], ['[pay-prod, pay-dev]', 'pay-dev']),
      'opens 1 role from',
    ],
    [
      'two names of one IAM role',
      changed(
        ['  admin: {', '  look: { role_name: team/Admin, variant_of: admin, max_duration: 15m }\n  admin: {'],
        ['[readonly, admin]', '[look, admin]'],
      ),
      'opens 2 elevated roles (pay-prod/look, pay-dev/look) from',
    ],
  ])('counts %s', (_, text, counted) => {
    expect(warned(text).filter((warning) => warning.includes('no-egress-pin'))).toEqual([
      expect.stringContaining(counted),
    ])
  })

  it('is told of with the roles of its own accounts', () => {
    const text = `${changed(['env: dev }', 'env: dev, sts: other }'])}sts:\n  default: { egress: { cidrs: [52.94.76.0/28] } }\n  other: { strategy: saml }\n`
    expect(warned(text)).toEqual([
      expect.stringMatching(/^sts\.other .*opens 1 elevated role \(pay-dev\/admin\) and 1 other /),
    ])
  })

  it.each([
    ['it says so', withSts('egress: { cidrs: [52.94.76.0/28] }')],
    ['that is accepted in the file', withSts('accept: no-egress-pin')],
    [
      'no rule reaches an account of it',
      `${A_FILE}sts:\n  default: { egress: { vpce: [vpce-0a1b2c3d] } }\n  other: {}\n`,
    ],
    [
      'browsers post its assertions to AWS, which no pin would hold',
      withSts(
        'strategy: saml',
        changed(
          ['env: dev }', 'env: dev, console: saml_post }'],
          ['[pay-prod, pay-dev], roles: [readonly, admin]', 'pay-dev, roles: readonly'],
        ),
      ),
    ],
  ])('is no matter where %s', (_, text) => {
    expect(warned(text).filter((warning) => warning.includes('no-egress-pin'))).toEqual([])
  })

  it('is no matter on loopback, where the demo has its stand-in for AWS', () => {
    const text = withSts('endpoint: http://127.0.0.1:8422, audience: demo')
    expect(warned(text, true)).toEqual([])
  })

  it('is no matter where the IdP’s own assertion goes to AWS, and nothing to accept', () => {
    const passing = 'strategy: pass_through_oidc, idp: entra, client_id: aws, client_secret_env: IDP_SECRET'
    expect(faultsOf(withSts(`${passing}, accept: no-egress-pin`))).toContainEqual(
      expect.stringContaining('sts.default.accept: goes with "strategy: web_identity" or "strategy: saml" only'),
    )
  })

  it('is not accepted for nothing', () => {
    expect(warned(withSts('accept: no-egress-pin, egress: { cidrs: [52.94.76.0/28] }'))).toEqual([
      'sts.default.accept accepts what is not there: no role here wants for an address [needless-accept]',
    ])
  })
})
