import { describe, expect, it } from 'vitest'
import { aHandOver, LENT } from '../../support/a-hand-over.ts'
import { aMapping } from '../../support/a-mapping.ts'
import { refusalFrom } from '../../support/a-refusal.ts'

describe('issueCredentials', () => {
  it('hands the credentials to whoever asked, with what was decided (security.md T-20)', async () => {
    const { issueCredentials, ask } = aHandOver()
    const { credentials, target, facts } = await issueCredentials(ask({ seconds: 900 }))
    expect(credentials).toEqual(LENT)
    expect(target.name).toBe('payments-prod/dev')
    expect(facts).toMatchObject({ handOver: 'credentials', seconds: 900, limitedBy: 'requested' })
  })

  it('keeps none: each time is decided, minted and recorded anew (threats.md H6)', async () => {
    const { issueCredentials, ask, happened } = aHandOver()
    await issueCredentials(ask())
    await issueCredentials(ask())
    expect(happened).toEqual(['intent', 'mint', 'sts', 'issued', 'intent', 'mint', 'sts', 'issued'])
  })

  it('refuses whom no rule meets, writes it down, and never calls AWS', async () => {
    const { issueCredentials, ask, happened } = aHandOver({ mapping: aMapping({ rules: [] }) })
    expect((await refusalFrom(issueCredentials(ask()))).code).toBe('not_entitled')
    expect(happened).toEqual(['refused'])
  })

  it('keeps parallel requests apart, one record pair each', async () => {
    const { issueCredentials, ask, recorded } = aHandOver()
    const all = await Promise.all(Array.from({ length: 20 }, () => issueCredentials(ask())))
    const jtis = new Set(all.map(({ facts }) => facts.jti))
    expect(jtis.size).toBe(20)
    expect(recorded.filter(({ event }) => event === 'issued')).toHaveLength(20)
  })
})
