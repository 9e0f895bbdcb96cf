import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aHandOver, LENT, SIGN_IN_URL, TOKEN } from '../../support/a-hand-over.ts'
import { aMapping, anAccount, aRoleKind } from '../../support/a-mapping.ts'
import { NINE, secondsAfter } from '../../support/a-session.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aUsedStepUp } from '../../support/a-step-up.ts'

describe('openConsole.url', () => {
  it('trades the credentials for a console URL, and records before it hands over (security.md C-11)', async () => {
    const { openConsole, ask, happened } = aHandOver()
    const { url, taken } = await openConsole.url(ask())
    expect(url).toBe(SIGN_IN_URL)
    expect(taken.facts.handOver).toBe('console')
    expect(happened).toEqual(['intent', 'mint', 'sts', 'federation', 'issued'])
  })

  it('sends the one computed length to both STS and federation (threats.md H4)', async () => {
    const { openConsole, ask, assumed, federated } = aHandOver()
    await openConsole.url(ask({ seconds: 1800 }))
    expect(assumed[0]?.seconds).toBe(1800)
    expect(federated).toEqual([
      {
        sts: 'default',
        region: 'eu-central-1',
        roleArn: assumed[0]?.roleArn,
        sessionName: assumed[0]?.sessionName,
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
    await openConsole.url({ ...ask(), ...(destination !== undefined && { destination }) })
    expect(federated[0]?.destination).toBe(opened)
  })

  it('opens the console hosts of the account’s own sts entry', async () => {
    const gateway = aHandOver({ mapping: aMapping({ accounts: [anAccount({ sts: 'demo' })] }) })
    gateway.world.strategies.set('demo', { kind: 'web_identity', audience: 'demo-aws' })
    await gateway.openConsole.url(gateway.ask())
    expect(gateway.federated[0]?.destination).toBe('http://127.0.0.1:8423/console/home?region=eu-central-1')
  })

  it.each(['https://evil.example/', 'https://console.aws.amazon.com/logout', 'https://console.amazonaws.cn/', 'oauth'])(
    'refuses %s before anything is done (security.md C-4)',
    async (destination) => {
      const { openConsole, ask, minted, assumed, federated, happened } = aHandOver()
      expect((await refusalFrom(openConsole.url({ ...ask(), destination }))).code).toBe('destination_refused')
      expect([minted, assumed, federated, happened]).toEqual([[], [], [], ['refused']])
    },
  )

  it('refuses a role that nobody knows', async () => {
    const { openConsole, ask, happened } = aHandOver()
    expect((await refusalFrom(openConsole.url(ask({ role: 'payments-prod/root' })))).code).toBe('role_unknown')
    expect(happened).toEqual(['refused'])
  })

  it('refuses whom no rule meets, on record, before AWS is asked', async () => {
    const { openConsole, ask, happened } = aHandOver({ mapping: aMapping({ rules: [] }) })
    expect((await refusalFrom(openConsole.url(ask()))).code).toBe('not_entitled')
    expect(happened).toEqual(['refused'])
  })

  it('withholds when federation fails: the credentials exist, and nobody got them', async () => {
    const gateway = aHandOver()
    gateway.world.federation = () => Promise.reject(new RolegateError('aws_unavailable'))
    expect((await refusalFrom(gateway.openConsole.url(gateway.ask()))).code).toBe('aws_unavailable')
    expect(gateway.happened).toEqual(['intent', 'mint', 'sts', 'federation', 'withheld'])
    expect(gateway.recorded.at(-1)).toMatchObject({ code: 'aws_unavailable', accessKeyId: LENT.accessKeyId })
  })

  it('writes the URL into no record (threats.md H3)', async () => {
    const { openConsole, ask, recorded } = aHandOver()
    await openConsole.url(ask())
    expect(JSON.stringify(recorded)).not.toContain('SigninToken')
  })
})

describe('openConsole.move', () => {
  const posting = { sts: 'saml', samlPost: true } as const
  function aPostingGateway(elevated = false) {
    const kind = aRoleKind({ elevated })
    const gateway = aHandOver({ mapping: aMapping({ accounts: [anAccount(posting)], roles: [kind] }) })
    gateway.world.strategies.set('saml', { kind: 'saml', providerName: 'rolegate' })
    return gateway
  }

  it('sends the browser to the sign-in URL, where the account says nothing else', async () => {
    const { openConsole, ask } = aHandOver()
    expect(await openConsole.move(ask())).toEqual({ url: SIGN_IN_URL })
  })

  it('lets the browser post our assertion to AWS where the account says so, and STS is not asked', async () => {
    const { openConsole, ask, happened, asserted } = aPostingGateway()
    expect(await openConsole.move({ ...ask({ seconds: 1800 }), destination: 's3' })).toEqual({
      post: {
        url: 'https://eu-central-1.signin.aws.amazon.com/saml',
        fields: {
          SAMLResponse: TOKEN,
          RelayState: 'https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1',
        },
      },
    })
    expect(happened).toEqual(['intent', 'mint', 'bearer_released_to_browser'])
    expect(asserted).toHaveLength(1)
    expect(asserted[0]).toMatchObject({
      audience: 'urn:amazon:webservices',
      recipient: 'https://eu-central-1.signin.aws.amazon.com/saml',
      seconds: 1800,
    })
  })

  it('says on record until when it counts, and no key: which keys it opens is not known (threats.md F6)', async () => {
    const { openConsole, ask, recorded } = aPostingGateway()
    await openConsole.move(ask({ seconds: 1800 }))
    const released = recorded.at(-1)
    expect(released).toMatchObject({ event: 'bearer_released_to_browser', expiresAt: secondsAfter(NINE, 1800) })
    expect(released).not.toHaveProperty('accessKeyId')
    expect(JSON.stringify(recorded)).not.toContain(TOKEN)
  })

  it('never posts for an elevated role: that one goes by a sign-in URL (threats.md F6)', async () => {
    const { openConsole, ask, happened } = aPostingGateway(true)
    const stepUp = aUsedStepUp(
      {},
      { role: 'payments-prod/dev', roleArn: 'arn:aws:iam::012345678901:role/rolegate/Developer', handOver: 'console' },
    )
    expect(await openConsole.move(ask({ stepUp }))).toEqual({ url: SIGN_IN_URL })
    expect(happened).toEqual(['intent', 'mint', 'sts', 'federation', 'issued'])
  })

  it('refuses a foreign destination before anything is signed', async () => {
    const { openConsole, ask, asserted, happened } = aPostingGateway()
    const refusal = await refusalFrom(openConsole.move({ ...ask(), destination: 'https://evil.example/' }))
    expect(refusal.code).toBe('destination_refused')
    expect([asserted, happened]).toEqual([[], ['refused']])
  })

  it('withholds when the person has signed out meanwhile (threats.md H5)', async () => {
    const gateway = aPostingGateway()
    gateway.world.mint = async () => {
      gateway.world.session = undefined
      return TOKEN
    }
    expect((await refusalFrom(gateway.openConsole.move(gateway.ask()))).code).toBe('sign_in_required')
    expect(gateway.happened).toEqual(['intent', 'mint', 'withheld'])
    expect(gateway.recorded.at(-1)).not.toHaveProperty('accessKeyId')
  })

  it('refuses on record a role that nobody knows', async () => {
    const { openConsole, ask, happened } = aPostingGateway()
    expect((await refusalFrom(openConsole.move(ask({ role: 'payments-prod/root' })))).code).toBe('role_unknown')
    expect(happened).toEqual(['refused'])
  })
})
