import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import type { Requirement } from '../../../src/domain/entitlement/requirement.ts'
import type { Rule } from '../../../src/domain/entitlement/rule.ts'
import { makeDescribeConfig } from '../../../src/usecases/entitlement/describe-config.ts'
import { makeListAccounts } from '../../../src/usecases/entitlement/list-accounts.ts'
import { anAccount, anIndex, aRule } from '../../support/a-mapping.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE } from '../../support/a-session.ts'

const closing = closingBy({ console: true, except: new Set() })
const rules = [aRule({ roles: ['dev', 'admin'] })]

function described({
  granted = rules,
  session = aSession(),
  publicUrl = 'https://aws.example.com',
  account = anAccount(),
}: {
  granted?: readonly Rule[]
  session?: ReturnType<typeof aSession>
  publicUrl?: string
  account?: ReturnType<typeof anAccount>
} = {}) {
  const index = anIndex({ rules: granted, accounts: [account] })
  const listAccounts = makeListAccounts({ rules: () => index, closing, now: () => NINE })
  const identityCenter = { startHost: 'acme.invalid.awsapps.com', region: 'eu-central-1' }
  return makeDescribeConfig({ listAccounts, publicUrl, identityCenter })(session, aRequest())
}

describe('describeConfig', () => {
  it('says what the stock clients need: where, and as what', () => {
    expect(described()).toEqual({
      origin: 'https://aws.example.com',
      startUrl: 'https://aws.example.com/start',
      ssoRegion: 'eu-central-1',
      roles: [{ alias: 'payments-prod', role: 'dev', accountId: '012345678901', region: 'eu-central-1' }],
      others: [{ alias: 'payments-prod', role: 'admin', accountId: '012345678901', needs: ['elevated'] }],
    })
  })

  it('gives the start URL that clients take for https, where ours is http on loopback (aws.md §0)', () => {
    expect(described({ publicUrl: 'http://127.0.0.1:8420' }).startUrl).toBe('https://acme.invalid.awsapps.com/start')
  })

  it('leaves out elevated roles whoever asks: no terminal gets them (threats.md D4)', () => {
    for (const via of ['browser', 'device'] as const) {
      expect(described({ session: aSession({ via }) }).roles.map(({ role }) => role)).toEqual(['dev'])
    }
  })

  it('gives no profile to what asks for a reason or an approval, and says so (security.md M-21)', () => {
    const reason: Requirement = { reason: { fits: () => true } }
    const approval: Requirement = {
      approval: { of: 'role admin', idp: 'entra', groups: ['Leads'], validSeconds: 3600 },
    }
    const asking = (require: Requirement) => described({ granted: [aRule({ roles: ['dev', 'readonly'], require })] })
    for (const [require, needs] of [
      [reason, ['reason']],
      [approval, ['approval']],
      [{ ...reason, ...approval }, ['reason', 'approval']],
    ] as const) {
      const { roles, others = [] } = asking(require)
      expect([roles, others.map((other) => other.needs)]).toEqual([[], [needs, needs]])
    }
    // What another hour, address or sign-in lifts is theirs to take then.
    expect(asking({ mfaSeconds: 60 }).others).toEqual([])
    expect(asking({ mfaSeconds: 60 }).roles).toHaveLength(2)
  })

  it('leaves out accounts that take the identity provider’s own assertion: it comes to browsers only (threats.md F7)', () => {
    expect(described({ account: anAccount({ passThroughIdp: 'okta' }) }).roles).toEqual([])
  })

  it('says nothing to an ended session', () => {
    expect(refusalOf(() => described({ session: aSession({ endsAt: NINE }) })).code).toBe('sign_in_required')
  })
})
