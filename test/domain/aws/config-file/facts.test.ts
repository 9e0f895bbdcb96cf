import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkFacts, sessionNameOf } from '../../../../src/domain/aws/config-file/facts.ts'
import { printBlock } from '../../../../src/domain/aws/config-file/merge.ts'
import { aConfigRole, ORIGIN, someFacts } from './a-gateway.ts'

describe('the facts of a config file (threats.md D13)', () => {
  it.each([
    ['http that leaves the machine', { origin: 'http://aws.example.com', startUrl: 'http://aws.example.com/start' }],
    ['an origin with a path', { origin: `${ORIGIN}/x` }],
    ['an origin with a slash', { origin: `${ORIGIN}/` }],
    ['an origin with a user', { origin: 'https://a@aws.example.com' }],
    ['an origin spelled otherwise', { origin: 'https://AWS.example.com' }],
    ['an origin with a line break', { origin: `${ORIGIN}\n[profile x]` }],
    ['an origin that is no URL', { origin: 'aws.example.com' }],
    ['another scheme', { origin: 'ftp://aws.example.com' }],
    ['a start URL at another host', { startUrl: 'https://evil.example/start' }],
    ['a start URL that somebody could register (threats.md D8)', { startUrl: 'https://acme.awsapps.com/start' }],
    ['a start URL under something like it', { startUrl: 'https://acme.invalid.awsapps.com.evil.example/start' }],
    ['a start URL over http', { startUrl: 'http://rolegate.invalid.awsapps.com/start' }],
    ['a start URL with more', { startUrl: 'https://rolegate.invalid.awsapps.com/start#x' }],
    ['a start URL with a line break', { startUrl: `${ORIGIN}/start\ncredential_process = evil` }],
    ['a region that is none', { ssoRegion: 'europe' }],
    ['a region with a line break', { ssoRegion: 'eu-central-1\nx = y' }],
  ])('%s is refused', (_what, over) => {
    expect(() => someFacts([], over)).toThrow('config_invalid')
  })

  it.each([
    ['an alias with a line break', { alias: 'a\n[profile b]' }],
    ['an alias with a bracket', { alias: 'a]' }],
    ['an alias in capitals', { alias: 'Payments' }],
    ['no alias', { alias: '' }],
    ['a role key with a space', { role: 'read only' }],
    ['a role key with a substitution', { role: '$(evil)' }],
    ['an account id of eleven digits', { accountId: '12345678901' }],
    ['an account id of other digits', { accountId: '٠١٢٣٤٥٦٧٨٩٠١' }],
    ['an account id with a line break', { accountId: '012345678901\n' }],
    ['a region with a comment', { region: 'eu-central-1 # x' }],
    ['no region', { region: '' }],
  ])('%s is refused', (_what, over) => {
    expect(() => someFacts([aConfigRole(over)])).toThrow('config_invalid')
  })

  it.each([
    ['an alias with a line break', { alias: 'a\n[profile b]' }],
    ['a role key with a substitution', { role: '$(evil)' }],
    ['an account id with a line break', { accountId: '012345678901\n' }],
    ['a need that is none', { needs: ['reason\nx = y'] }],
  ])('%s is refused of a role without a profile', (_what, over) => {
    const others = [{ alias: 'a', role: 'b', accountId: '012345678901', needs: [], ...over }]
    expect(() => someFacts([], { others })).toThrow('config_invalid')
  })

  it.each([
    `${ORIGIN}/start`,
    'https://rolegate.invalid.awsapps.com/start',
    'https://acme.invalid.awsapps.com/start',
    'https://d-0123456789.awsapps.com/start',
  ])('takes %s as the start URL', (startUrl) => {
    expect(someFacts([], { startUrl }).startUrl).toBe(startUrl)
  })

  it('takes no start URL of its own over http: `aws sso login` would not', () => {
    const origin = 'http://127.0.0.1:8420'
    expect(() => someFacts([], { origin, startUrl: `${origin}/start` })).toThrow('config_invalid')
    expect(someFacts([], { origin, startUrl: 'https://rolegate.invalid.awsapps.com/start' }).origin).toBe(origin)
  })

  it('any text in any field either is refused or stands in no line but its own', () => {
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\nb', 'a\rb', '[x]', 'x = y', 'a # b', 'ok'))
    const role = fc.record({ alias: any, role: any, accountId: any, region: any })
    const facts = fc.record({ origin: any, startUrl: any, ssoRegion: any, roles: fc.array(role, { maxLength: 2 }) })
    fc.assert(
      fc.property(facts, (unchecked) => {
        try {
          expect(printBlock(checkFacts(unchecked))).toMatch(/^[\n !-~]+$/)
        } catch (thrown) {
          expect(String(thrown)).toContain('config_invalid')
        }
      }),
    )
  })
})

describe('what a gateway’s sections are called', () => {
  it.each([
    ['https://aws.example.com', 'aws.example.com'],
    ['https://aws.example.com:8443', 'aws.example.com-8443'],
    ['http://127.0.0.1:8420', '127.0.0.1-8420'],
    ['http://[::1]:8420', '1-8420'],
  ])('%s: %s', (origin, name) => {
    expect(sessionNameOf(origin)).toBe(name)
  })
})
