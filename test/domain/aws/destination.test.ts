import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { consoleHostsOf, parseDestination, type ConsoleWorld } from '../../../src/domain/aws/destination.ts'
import { consoleHostOf, defaultRegionOf, PARTITIONS } from '../../../src/domain/aws/partition.ts'
import { refusalOf } from '../../support/a-refusal.ts'

const world: ConsoleWorld = { partition: 'aws', region: 'eu-central-1' }
const demo: ConsoleWorld = { partition: 'aws', region: 'eu-central-1', hosts: ['127.0.0.1:8423', 'localhost:8423'] }
const own: ConsoleWorld = { partition: 'aws', region: 'eu-central-1', hosts: ['console.corp.example:8443'] }

describe('parseDestination', () => {
  it.each([
    {
      because: 'nothing is the home page',
      text: undefined,
      url: 'https://eu-central-1.console.aws.amazon.com/console/home?region=eu-central-1',
    },
    {
      because: 'an empty text too',
      text: '',
      url: 'https://eu-central-1.console.aws.amazon.com/console/home?region=eu-central-1',
    },
    {
      because: 'a word is that service’s home',
      text: 's3',
      url: 'https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1',
    },
    {
      because: 'a word may hold a dash',
      text: 'systems-manager',
      url: 'https://eu-central-1.console.aws.amazon.com/systems-manager/home?region=eu-central-1',
    },
    {
      because: 'a page keeps query and fragment',
      text: 'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/$252Faws$252Flambda',
      url: 'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/$252Faws$252Flambda',
    },
    {
      because: 'the bare host serves too',
      text: 'https://console.aws.amazon.com/iam/home',
      url: 'https://console.aws.amazon.com/iam/home',
    },
    {
      because: 'a URL is built anew: case, port and dots',
      text: 'HTTPS://Console.AWS.Amazon.com:443/a/./b/../iam',
      url: 'https://console.aws.amazon.com/a/iam',
    },
    {
      because: 'a blank in a name is encoded',
      text: 'https://console.aws.amazon.com/s3/my bucket',
      url: 'https://console.aws.amazon.com/s3/my%20bucket',
    },
    {
      because: 'signer is a service, not a sign-in',
      text: 'signer',
      url: 'https://eu-central-1.console.aws.amazon.com/signer/home?region=eu-central-1',
    },
  ])('$because', ({ text, url }) => {
    expect(parseDestination(text, world)).toBe(url)
  })

  it.each([
    // another partition (security.md T-22)
    'https://console.amazonaws.cn/iam/home',
    'https://console.amazonaws-us-gov.com/iam/home',
    'https://console.amazonaws-eusc.eu/iam/home',
    // userinfo, port, scheme
    'https://console.aws.amazon.com@evil.example/',
    'https://console.aws.amazon.com:x@evil.example/',
    'https://user@console.aws.amazon.com/',
    'https://user:pass@console.aws.amazon.com/',
    'https://:pass@console.aws.amazon.com/',
    'https://console.aws.amazon.com:8443/',
    'https://console.aws.amazon.com:80/',
    'http://console.aws.amazon.com/',
    'ftp://console.aws.amazon.com/',
    'javascript:alert(1)//console.aws.amazon.com',
    'data:text/html,https://console.aws.amazon.com/',
    'blob:https://console.aws.amazon.com/x',
    '//console.aws.amazon.com/',
    '/console/home',
    // hosts that look alike
    'https://evil.example/',
    'https://console.aws.amazon.com.evil.example/',
    'https://evilconsole.aws.amazon.com/',
    'https://console.aws.amazon.com.',
    'https://console.aws.amazon.com./',
    'https://evil.example/console.aws.amazon.com',
    'https://evil.example?https://console.aws.amazon.com/',
    'https://evil.example#console.aws.amazon.com',
    'https://evil.example\\.console.aws.amazon.com/',
    'https://evil.example/.console.aws.amazon.com/',
    'https://evil.console.aws.amazon.com/',
    'https://a.b.console.aws.amazon.com/',
    'https://eu-central-1.evil.console.aws.amazon.com/',
    'https://eu-central-1x.console.aws.amazon.com/',
    'https://-1.console.aws.amazon.com/',
    'https://.console.aws.amazon.com/',
    'https://console.aws.аmazon.com/',
    'https://cоnsole.aws.amazon.com/',
    'https://console-aws.amazon.com/',
    'https://console.aws.amazon.co/',
    'https://amazon.com/',
    'https://aws.amazon.com/',
    'https://signin.aws.amazon.com/oauth?redirect_uri=https://evil.example',
    'https://eu-central-1.signin.aws.amazon.com/federation?Action=login',
    'https://012345678901.signin.aws.amazon.com/console',
    'https://999999999999-abcdefgh.eu-central-1.console.aws.amazon.com/',
    'https://127.0.0.1:8423/',
    'http://127.0.0.1:8423/',
    'http://169.254.169.254/latest/meta-data/',
    // pages that sign in, sign out or redirect (threats.md H2)
    'https://console.aws.amazon.com/logout',
    'https://console.aws.amazon.com/console/logout!doLogout',
    'https://console.aws.amazon.com/Console/LOGOUT',
    'https://eu-central-1.console.aws.amazon.com/console/logout',
    'https://console.aws.amazon.com/oauth?redirect_uri=https://evil.example',
    'https://console.aws.amazon.com/oauth/x',
    'https://console.aws.amazon.com/signin?x',
    'https://console.aws.amazon.com/signin-oauth',
    'https://console.aws.amazon.com/federation?Action=login',
    'https://console.aws.amazon.com/switchrole?account=999999999999',
    'https://console.aws.amazon.com/console/switchrole',
    'https://console.aws.amazon.com/x/../logout',
    'https://console.aws.amazon.com/x/%2e%2e/logout',
    'https://console.aws.amazon.com/./console/./oauth',
    'https://console.aws.amazon.com/%6cogout',
    'https://console.aws.amazon.com/console/%6Cogo%75t',
    'https://console.aws.amazon.com/%63onsole/logout',
    'https://console.aws.amazon.com/%6f%61%75%74%68?redirect_uri=x',
    // slashes in disguise
    'https://console.aws.amazon.com//evil.example',
    'https://console.aws.amazon.com/x//y',
    'https://console.aws.amazon.com/%2f%2fevil.example',
    'https://console.aws.amazon.com/x%2Flogout',
    'https://console.aws.amazon.com/%5cevil.example',
    'https://console.aws.amazon.com/%5Cevil.example',
    'https://console.aws.amazon.com/console%2flogout',
    'https://console.aws.amazon.com\\\\evil.example',
    // words that are no service
    'logout',
    'oauth',
    'signin',
    'federation',
    'switchrole',
    'S3',
    's3/home',
    '../logout',
    '-s3',
    's3?x',
    's3#x',
    's3\n',
    ' s3',
    's3.evil.example',
    'x'.repeat(42),
    `https://console.aws.amazon.com/${'x'.repeat(2000)}`,
    'https://',
    'https:console',
  ])('refuses %j (security.md C-4, threats.md H2)', (text) => {
    expect(refusalOf(() => parseDestination(text, world))).toMatchObject({
      code: 'destination_refused',
      values: { hosts: 'console.aws.amazon.com, *.console.aws.amazon.com' },
    })
  })

  it.each(PARTITIONS)('opens the console of its own partition and no other: %s', (partition) => {
    const here: ConsoleWorld = { partition, region: defaultRegionOf(partition) }
    expect(new URL(parseDestination(undefined, here)).host).toBe(`${here.region}.${consoleHostOf(partition)}`)
    for (const other of PARTITIONS) {
      for (const host of [consoleHostOf(other), `${defaultRegionOf(other)}.${consoleHostOf(other)}`]) {
        const open = () => parseDestination(`https://${host}/iam/home`, here)
        if (other === partition) expect(open()).toBe(`https://${host}/iam/home`)
        else expect(refusalOf(open).code).toBe('destination_refused')
      }
    }
  })

  describe('with hosts of its own', () => {
    it.each([
      { world: demo, text: undefined, url: 'http://127.0.0.1:8423/console/home?region=eu-central-1' },
      { world: demo, text: 's3', url: 'http://127.0.0.1:8423/s3/home?region=eu-central-1' },
      { world: demo, text: 'http://localhost:8423/iam', url: 'http://localhost:8423/iam' },
      { world: own, text: 's3', url: 'https://console.corp.example:8443/s3/home?region=eu-central-1' },
      { world: own, text: 'https://console.corp.example:8443/x', url: 'https://console.corp.example:8443/x' },
    ])('opens $url', ({ world, text, url }) => {
      expect(parseDestination(text, world)).toBe(url)
    })

    it.each([
      { world: demo, text: 'http://127.0.0.1/' },
      { world: demo, text: 'http://127.0.0.1:8424/' },
      { world: demo, text: 'http://127.0.0.1:8423@evil.example/' },
      { world: demo, text: 'http://127.0.0.2:8423/' },
      { world: demo, text: 'https://console.aws.amazon.com/' },
      { world: demo, text: 'ftp://127.0.0.1:8423/' },
      { world: demo, text: 'http://127.0.0.1:8423/logout' },
      { world: demo, text: 'logout' },
      { world: own, text: 'http://console.corp.example:8443/' },
      { world: own, text: 'https://console.corp.example/' },
      { world: own, text: 'https://x.console.corp.example:8443/' },
    ])('refuses $text', ({ world, text }) => {
      expect(refusalOf(() => parseDestination(text, world)).code).toBe('destination_refused')
    })
  })

  it('answers nothing but an allowed host, over https, without userinfo, whatever it is given', () => {
    const pieces = [
      'https://',
      'console.aws.amazon.com',
      'eu-central-1.',
      'evil.example',
      '@',
      ':',
      '/',
      '\\',
      '..',
      '%2f',
      '?',
      '#',
      '\t',
      'logout',
      's3',
      '.',
      '443',
    ]
    const built = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(''))
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      built,
      built.map((rest) => `https://console.aws.amazon.com${rest}`),
      built.map((rest) => `https://${rest}console.aws.amazon.com/${rest}`),
    )
    let accepted = 0
    fc.assert(
      fc.property(text, (tried) => {
        let destination: string
        try {
          destination = parseDestination(tried, world)
        } catch {
          return
        }
        accepted += 1
        const url = new URL(destination)
        expect(url.href).toBe(destination)
        expect(url.protocol).toBe('https:')
        expect(url.host).toMatch(/^([a-z]{2,5}-[a-z-]+-\d{1,2}\.)?console\.aws\.amazon\.com$/)
        expect([url.username, url.password, url.port]).toEqual(['', '', ''])
        expect(decodeURIComponent(url.pathname)).not.toMatch(/^\/(console\/)?(logout|oauth|signin)|\/\/|\\/i)
        expect(parseDestination(destination, world)).toBe(destination)
      }),
      { numRuns: 8_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })
})

describe('consoleHostsOf', () => {
  it('lists the hosts a form may lead to', () => {
    expect(consoleHostsOf(world)).toEqual(['console.aws.amazon.com', '*.console.aws.amazon.com'])
    expect(consoleHostsOf(demo)).toEqual(demo.hosts)
  })
})
