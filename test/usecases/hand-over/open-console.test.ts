import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aHandOver, LENT, SIGN_IN_URL } from '../../support/a-hand-over.ts'
import { aMapping, anAccount } from '../../support/a-mapping.ts'
import { refusalFrom } from '../../support/a-refusal.ts'

describe('openConsole', () => {
  it('trades the credentials for a console URL, and records before it hands over (security.md C-11)', async () => {
    const { openConsole, ask, happened } = aHandOver()
    const { url, taken } = await openConsole(ask())
    expect(url).toBe(SIGN_IN_URL)
    expect(taken.facts.handOver).toBe('console')
    expect(happened).toEqual(['intent', 'mint', 'sts', 'federation', 'issued'])
  })

  it('sends the one computed length to both STS and federation (threats.md H4)', async () => {
    const { openConsole, ask, assumed, federated } = aHandOver()
    await openConsole(ask({ seconds: 1800 }))
    expect(assumed[0]?.seconds).toBe(1800)
    expect(federated).toEqual([
      {
        sts: 'default',
        region: 'eu-central-1',
        credentials: LENT,
        seconds: 1800,
        destination: 'https://eu-central-1.console.aws.amazon.com/console/home?region=eu-central-1',
      },
    ])
  })

  it.each([
    [undefined, 'https://eu-central-1.console.aws.amazon.com/console/home?region=eu-central-1'],
    ['s3', 'https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1'],
    ['https://console.aws.amazon.com/iam/home', 'https://console.aws.amazon.com/iam/home'],
  ])('opens %s at %s', async (destination, opened) => {
    const { openConsole, ask, federated } = aHandOver()
    await openConsole({ ...ask(), ...(destination !== undefined && { destination }) })
    expect(federated[0]?.destination).toBe(opened)
  })

  it('opens the console hosts of the account’s own sts entry', async () => {
    const gateway = aHandOver({ mapping: aMapping({ accounts: [anAccount({ sts: 'demo' })] }) })
    gateway.world.audiences.set('demo', 'demo-aws')
    await gateway.openConsole(gateway.ask())
    expect(gateway.federated[0]?.destination).toBe('http://127.0.0.1:8423/console/home?region=eu-central-1')
  })

  it.each(['https://evil.example/', 'https://console.aws.amazon.com/logout', 'https://console.amazonaws.cn/', 'oauth'])(
    'refuses %s before anything is done (security.md C-4)',
    async (destination) => {
      const { openConsole, ask, minted, assumed, federated, happened } = aHandOver()
      expect((await refusalFrom(openConsole({ ...ask(), destination }))).code).toBe('destination_refused')
      expect([minted, assumed, federated, happened]).toEqual([[], [], [], ['refused']])
    },
  )

  it('refuses a role that nobody knows', async () => {
    const { openConsole, ask, happened } = aHandOver()
    expect((await refusalFrom(openConsole(ask({ role: 'payments-prod/root' })))).code).toBe('role_unknown')
    expect(happened).toEqual(['refused'])
  })

  it('refuses whom no rule meets, on record, before AWS is asked', async () => {
    const { openConsole, ask, happened } = aHandOver({ mapping: aMapping({ rules: [] }) })
    expect((await refusalFrom(openConsole(ask()))).code).toBe('not_entitled')
    expect(happened).toEqual(['refused'])
  })

  it('withholds when federation fails: the credentials exist, and nobody got them', async () => {
    const gateway = aHandOver()
    gateway.world.federation = () => Promise.reject(new RolegateError('aws_unavailable'))
    expect((await refusalFrom(gateway.openConsole(gateway.ask()))).code).toBe('aws_unavailable')
    expect(gateway.happened).toEqual(['intent', 'mint', 'sts', 'federation', 'withheld'])
    expect(gateway.recorded.at(-1)).toMatchObject({ code: 'aws_unavailable', accessKeyId: LENT.accessKeyId })
  })

  it('writes the URL into no record (threats.md H3)', async () => {
    const { openConsole, ask, recorded } = aHandOver()
    await openConsole(ask())
    expect(JSON.stringify(recorded)).not.toContain('SigninToken')
  })
})
