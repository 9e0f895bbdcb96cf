import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import { makeFollowLink, type Link } from '../../../src/usecases/entitlement/follow-link.ts'
import { makeListAccounts } from '../../../src/usecases/entitlement/list-accounts.ts'
import { makePrepareConsole } from '../../../src/usecases/hand-over/prepare-console.ts'
import { anAccount, anIndex, aRule } from '../../support/a-mapping.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE } from '../../support/a-session.ts'

const PROD = anAccount()
const CHINA = anAccount({ alias: 'china', id: '333344445555', partition: 'aws-cn', region: 'cn-north-1' })
const OTHERS = anAccount({ alias: 'others', id: '999999999999' })
const closing = closingBy({ console: true, except: new Set() })
const index = anIndex({
  accounts: [PROD, CHINA, OTHERS],
  rules: [aRule({ roles: ['readonly', 'dev'] }), aRule({ id: 'china', accounts: ['china'], roles: ['readonly'] })],
})
const prepareConsole = makePrepareConsole({
  consoleHosts: new Map(),
  openFederation: () => Promise.reject(new Error('a look opens nothing')),
})
const followLink = makeFollowLink({
  listAccounts: async (...asked) => makeListAccounts({ rules: () => index, closing, now: () => NINE })(...asked),
  prepareConsole,
})

async function followed(link: Link) {
  const { ways, missing } = await followLink(aSession(), aRequest(), link)
  const named = ways.flatMap(({ account, roles, destination }) =>
    roles.map(({ kind }) => [`${account.alias}/${kind.key}`, destination]),
  )
  return { ways: named, missing }
}
const S3 = 'https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1'

describe('followLink', () => {
  it.each([
    ['alias and role', { account: 'payments-prod', role: 'dev' }],
    ['account number and role', { account: PROD.id, role: 'dev' }],
  ])('finds the one role that %s name', async (_what, link) => {
    expect((await followed(link)).ways).toEqual([['payments-prod/dev', undefined]])
    expect((await followed({ ...link, destination: 's3' })).ways).toEqual([['payments-prod/dev', S3]])
  })

  it('leaves it to the opener which of their roles of an account to take', async () => {
    const both = [
      ['payments-prod/readonly', S3],
      ['payments-prod/dev', S3],
    ]
    expect((await followed({ account: 'payments-prod', destination: 's3' })).ways).toEqual(both)
  })

  it('offers what they have, where the link names a role that they lack', async () => {
    expect(await followed({ account: 'payments-prod', role: 'admin' })).toEqual({
      ways: [
        ['payments-prod/readonly', undefined],
        ['payments-prod/dev', undefined],
      ],
      missing: 'payments-prod/admin',
    })
  })

  it('says the same of an account that is not theirs and of one that does not exist (threats.md P3)', async () => {
    const refusal = (account: string) => refusalFrom(followed({ account, role: 'dev' }))
    const [others, nowhere] = [await refusal('others'), await refusal('nowhere')]
    expect([others.code, nowhere.code]).toEqual(['not_entitled', 'not_entitled'])
    expect(others.values['role']).toBe('others/dev')
    expect(nowhere.values['role']).toBe('nowhere/dev')
  })

  it('repeats no strange words in what it says', async () => {
    const { values } = await refusalFrom(followed({ account: 'Call 555-0100 now', role: '<b>' }))
    expect(values['role']).toBe('that account/such a role')
  })

  it('opens a page in the region that the link asks for', async () => {
    expect(
      (await followed({ account: 'payments-prod', role: 'dev', destination: 's3', region: 'us-east-1' })).ways,
    ).toEqual([['payments-prod/dev', 'https://us-east-1.console.aws.amazon.com/s3/home?region=us-east-1']])
    expect((await followed({ account: 'payments-prod', role: 'dev', region: 'us-east-1' })).ways).toEqual([
      ['payments-prod/dev', 'https://us-east-1.console.aws.amazon.com/console/home?region=us-east-1'],
    ])
    expect((await refusalFrom(followed({ region: 'x/../evil' }))).code).toBe('invalid_request')
  })

  it('works out account and page from a console’s address', async () => {
    const url = `https://${PROD.id}-abcd1234.eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1`
    expect((await followed({ url, role: 'dev' })).ways).toEqual([['payments-prod/dev', S3]])
  })

  it('offers of all accounts only the roles whose console has that page', async () => {
    expect((await followed({ url: 'https://cn-north-1.console.amazonaws.cn/s3/' })).ways).toEqual([
      ['china/readonly', 'https://cn-north-1.console.amazonaws.cn/s3/'],
    ])
  })

  it.each([
    'https://evil.example/',
    'https://console.aws.amazon.com@evil.example/',
    'https://eu-central-1.console.aws.amazon.com/console/logout',
    'https://signin.aws.amazon.com/federation?Action=login',
    'http://console.aws.amazon.com/',
    'https://console.amazonaws.cn/',
    'javascript:alert(1)',
  ])('refuses the page %s (threats.md H2)', async (destination) => {
    expect((await refusalFrom(followed({ account: 'payments-prod', role: 'dev', destination }))).code).toBe(
      'destination_refused',
    )
  })

  it('refuses an account in the address that is not the one opened (threats.md H2)', async () => {
    const url = 'https://333344445555-ab.eu-central-1.console.aws.amazon.com/'
    expect((await refusalFrom(followed({ account: PROD.id, url }))).values).toEqual({ field: 'account' })
    expect((await refusalFrom(followed({ url: 's3' }))).values).toEqual({ field: 'url' })
    expect((await refusalFrom(followed({ url, destination: 's3' }))).values).toEqual({ field: 'url' })
  })

  it('works out a page once for all accounts of one console, and anew for another', async () => {
    const many = Array.from({ length: 300 }, (_, place) =>
      anAccount({
        alias: `a${place}`,
        id: String(100_000_000_000 + place),
        ...(place % 3 === 0 && { region: 'us-east-1' }),
      }),
    )
    const accounts = [...many, anAccount({ ...CHINA, alias: 'a300' })]
    const rules = anIndex({
      accounts,
      rules: [aRule({ accounts: accounts.map(({ alias }) => alias), roles: ['dev'] })],
    })
    let worked = 0
    const follow = makeFollowLink({
      listAccounts: async (...asked) => makeListAccounts({ rules: () => rules, closing, now: () => NINE })(...asked),
      prepareConsole: {
        destinationIn: (...asked) => {
          worked += 1
          return prepareConsole.destinationIn(...asked)
        },
      },
    })
    const { ways } = await follow(aSession(), aRequest(), { destination: 's3' })
    expect(ways.map(({ destination }) => destination)).toEqual(
      accounts.map(({ region, partition }) =>
        partition === 'aws-cn'
          ? 'https://cn-north-1.console.amazonaws.cn/s3/home?region=cn-north-1'
          : `https://${region}.console.aws.amazon.com/s3/home?region=${region}`,
      ),
    )
    expect(worked).toBe(3)
  })

  it('does nothing for an ended session', async () => {
    expect((await refusalFrom(followLink(aSession({ endsAt: NINE }), aRequest(), {}))).code).toBe('sign_in_required')
  })
})
