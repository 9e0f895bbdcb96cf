import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConsoleUrl } from '../../../src/domain/aws/console-url.ts'

describe('readConsoleUrl', () => {
  it.each([
    [
      'a page as it is',
      'https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1#x',
      { destination: 'https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1#x' },
    ],
    [
      'one of several sessions in a browser',
      'https://111122223333-abcd1234.eu-central-1.console.aws.amazon.com/ec2/home?region=eu-central-1#Instances:',
      {
        accountId: '111122223333',
        destination: 'https://eu-central-1.console.aws.amazon.com/ec2/home?region=eu-central-1#Instances:',
      },
    ],
    [
      'the same in another partition',
      'https://012345678901-x1.console.amazonaws.cn/',
      { accountId: '012345678901', destination: 'https://console.amazonaws.cn/' },
    ],
    [
      'a shortcut of AWS’s own portal',
      'https://d-0123456789.awsapps.com/start/#/console?account_id=111122223333&role_name=Admin&destination=https%3A%2F%2Fconsole.aws.amazon.com%2Fs3%2F',
      { accountId: '111122223333', destination: 'https://console.aws.amazon.com/s3/' },
    ],
    [
      'a shortcut to no page',
      'https://acme.awsapps.com/start#/console?account_id=111122223333&role_name=Admin',
      { accountId: '111122223333', destination: '' },
    ],
  ])('reads %s', (_what, text, page) => {
    expect(readConsoleUrl(text)).toEqual(page)
  })

  it.each([
    'https://111122223333-abcd.evil.example/',
    'https://111122223333-abcd.console.aws.amazon.com.evil.example/',
    'https://evil.awsapps.com/other#/console?account_id=111122223333',
    'https://evil-awsapps.com/start#/console?account_id=111122223333',
  ])('finds no account in %s: somebody else’s address says nothing', (text) => {
    expect(readConsoleUrl(text)).toEqual({ destination: text })
  })

  it.each(['', 's3', 'javascript:alert(1)', 'data:text/html,x', '//console.aws.amazon.com', 'https://'])(
    '%j is no address of a page',
    (text) => {
      expect(readConsoleUrl(text)).toBeUndefined()
    },
  )

  it('answers any text, and never with an account that is no number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.webUrl({ withFragments: true })), (text) => {
        const page = readConsoleUrl(text)
        expect(page?.accountId ?? '012345678901').toMatch(/^\d{12}$/)
      }),
    )
  })
})
