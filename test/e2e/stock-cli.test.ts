import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { aBrowser, noBrowser, signInAs } from '../support/a-browser.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'
import { approve, ask, aStockClient, signedInByCode, START_URL } from '../support/a-stock-client.ts'
import { aTmuxTerminal, noTmux } from '../support/a-tmux.ts'
import { anAwsHome, servedConfig, type AwsHome } from '../support/an-aws-home.ts'

/** Debian's, of January 2023: older than endpoints in `~/.aws/config`. */
const AWS = '/usr/bin/aws'
const missing = noBrowser ?? (existsSync(AWS) ? undefined : 'no Debian awscli on this machine: apt-get install awscli')

type Ended = { code: number; out: string; err: string }

describe.skipIf(missing)(`Debian’s aws, with nothing of ours${missing === undefined ? '' : ` (${missing})`}`, () => {
  let demo: Demo
  let browser: Browser
  let page: Page
  let alice: Person
  let home: AwsHome
  const homes: AwsHome[] = []
  const waiting: ChildProcess[] = []

  /** A laptop with the file that the gateway serves, and the rule set of the how-to. */
  async function aLaptop(more = ''): Promise<AwsHome> {
    const { tokens } = await signedInByCode(demo, alice)
    const laptop = anAwsHome((await servedConfig(demo, tokens.accessToken)) + more)
    laptop.takeRuleSet(demo)
    homes.push(laptop)
    return laptop
  }

  const aws = (at: AwsHome, ...args: string[]): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(AWS, [...args, '--output', 'json'], { env: at.env, timeout: 60_000 }, (failure, out, err) =>
        resolve({ code: failure === null ? 0 : Number(failure.code ?? 1), out, err }),
      )
    })

  /** `aws sso login`, up to its first words; `ended` comes when it has given up or got what it waits for. */
  async function login(at: AwsHome, profile: string) {
    const child = spawn(AWS, ['sso', 'login', '--no-browser', '--profile', profile], { env: at.env })
    waiting.push(child)
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    const ended = new Promise<Ended>((resolve) => child.once('exit', (code) => resolve({ code: code ?? 1, out, err })))
    const link = () => /^http\S+#(\S+)$/m.exec(out)
    await expect.poll(() => link()?.[1], { timeout: 30_000 }).toMatch(/^[B-Z]{4}-[B-Z]{4}$/)
    const [url = '', userCode = ''] = link() ?? []
    return { url, userCode, ended }
  }

  const caller = (at: AwsHome, profile: string) =>
    aws(at, 'sts', 'get-caller-identity', '--profile', profile, '--endpoint-url', demo.awsUrl)

  /** What a terminal's page says of itself, its code filled in from the link and sent by a person. */
  async function readAbout(link: { url: string; userCode: string }): Promise<string> {
    await page.goto(link.url)
    await expect.poll(() => page.locator('input[name=user_code]').inputValue()).toBe(link.userCode)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'Is this your terminal?' }).waitFor()
    return page.locator('main').innerText()
  }

  beforeAll(async () => {
    demo = await aDemo()
    ;[alice, browser] = await Promise.all([aPersonAt(demo, 'alice'), aBrowser()])
    page = await browser.newPage()
    home = await aLaptop()
  })
  afterAll(async () => {
    for (const child of waiting) child.kill()
    await browser?.close()
    await demo?.close()
    for (const each of homes) each.remove()
  })

  it('signs in by code: the link fills it in, a person sends it, looks, and approves', async () => {
    const started = await login(home, 'payments-dev.developer')

    // Signed in nowhere: the code does not travel through the sign-in (threats.md D5), the link is opened once more.
    await page.goto(started.url)
    await signInAs(page, 'alice')
    await page.waitForURL(`${demo.url}/device`)
    expect(await page.locator('input[name=user_code]').inputValue()).toBe('')

    const seen = await readAbout(started)
    expect(seen).toContain(started.userCode)
    expect(seen).toMatch(/aws-cli\/2\.9\.19/)
    expect(seen).toMatch(/same network/)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('heading', { name: 'Your terminal is signed in' }).waitFor()

    const { code, out } = await started.ended
    expect([code, out]).toEqual([0, expect.stringContaining('Successfully logged into Start URL')])
    expect(home.kept()).toMatchObject({ refreshToken: expect.stringMatching(/^rgr_/), region: 'eu-central-1' })
  }, 90_000)

  it('is the person’s session at AWS, in every role of theirs, without another sign-in', async () => {
    const [developer, readonly] = await Promise.all([
      caller(home, 'payments-dev.developer'),
      caller(home, 'sandbox.readonly'),
    ])
    expect([developer.code, developer.err]).toEqual([0, ''])
    expect(JSON.parse(developer.out)).toMatchObject({
      Account: '111122223333',
      Arn: expect.stringMatching(/^arn:aws:sts::111122223333:assumed-role\/Developer\/alice@example\.com\+/),
    })
    expect(JSON.parse(readonly.out)).toMatchObject({ Account: '012345678901' })
  }, 60_000)

  it('lists accounts and roles by pages of its own, and shows credentials', async () => {
    const token = ['--region', 'eu-central-1', '--access-token', home.kept().accessToken]
    const [accounts, roles, credentials] = await Promise.all([
      aws(home, 'sso', 'list-accounts', '--page-size', '2', ...token),
      aws(home, 'sso', 'list-account-roles', '--account-id', '111122223333', '--page-size', '1', ...token),
      aws(home, 'sso', 'get-role-credentials', '--account-id', '111122223333', '--role-name', 'readonly', ...token),
    ])
    const { accountList } = JSON.parse(accounts.out) as { accountList: { accountId: string }[] }
    expect(accountList.map(({ accountId }) => accountId)).toEqual([
      '111122223333',
      '222233334444',
      '333344445555',
      '012345678901',
    ])
    expect(JSON.parse(roles.out)).toMatchObject({ roleList: [{ roleName: 'readonly' }, { roleName: 'developer' }] })
    const { roleCredentials } = JSON.parse(credentials.out) as { roleCredentials: { expiration: number } }
    expect(roleCredentials.expiration).toBeGreaterThan(Date.now() + 29 * 60_000)
  }, 60_000)

  it('shows in our words why a role is refused', async () => {
    const token = ['--region', 'eu-central-1', '--access-token', home.kept().accessToken]
    const admin = ['--account-id', '222233334444', '--role-name', 'admin']
    const { code, out, err } = await aws(home, 'sso', 'get-role-credentials', ...admin, ...token)
    expect([code, out]).toEqual([254, ''])
    expect(err).toContain('(ForbiddenException)')
    expect(err).toContain('Elevated roles are given where you can be asked again')
  }, 60_000)

  it('signs out: its token is dead at the gateway, and its files are gone', async () => {
    const { accessToken } = home.kept()
    await ask(demo, '/assignment/accounts', accessToken).expect(200)
    expect(await aws(home, 'sso', 'logout')).toMatchObject({ code: 0, err: '' })
    await ask(demo, '/assignment/accounts', accessToken).expect(401)
    expect(() => home.kept()).toThrow('ENOENT')
  }, 60_000)

  it('tells people to sign in again once they have signed out at the portal', async () => {
    const client = await aStockClient(demo)
    const { tokens } = await signedInByCode(demo, alice, client)
    home.keep(client, tokens, new Date(Date.now() + 45 * 60_000))
    expect((await caller(home, 'payments-dev.readonly')).code).toBe(0)
    await alice.post('/sign-out', { _csrf: await alice.csrf() }).expect(303)
    const { code, err } = await caller(home, 'payments-prod.readonly')
    expect(code).toBe(255)
    expect(err).toMatch(/session associated with this profile has expired or is otherwise invalid.*aws sso login/)
  }, 60_000)

  it.skipIf(noTmux)(
    'writes by `configure sso` a profile that works, for whoever would rather be asked',
    async () => {
      alice = await aPersonAt(demo, 'alice')
      const laptop = anAwsHome('')
      laptop.takeRuleSet(demo)
      homes.push(laptop)
      // Its browser comes up empty.
      const terminal = aTmuxTerminal({ ...laptop.env, BROWSER: '/bin/true' })
      onTestFinished(() => terminal.close())
      const tell = async (question: string, answer: string) => {
        await terminal.shows(question)
        terminal.type(answer)
        terminal.press('Enter')
      }
      const ended = terminal.start(`${AWS} configure sso`)
      await tell('SSO session name', 'gw')
      await tell('SSO start URL', START_URL)
      await tell('SSO region', 'eu-central-1')
      await tell('SSO registration scopes', 'sso:account:access')
      await approve(alice, await terminal.shows(/^([B-Z]{4}-[B-Z]{4})$/m))
      await tell('> Payments, payments-dev (111122223333)', '')
      await tell('> readonly', '')
      await tell('CLI default client Region', 'eu-central-1')
      await tell('CLI default output format', 'json')
      await tell('CLI profile name', 'mine')
      expect(await ended()).toBe(0)
      expect(JSON.parse((await caller(laptop, 'mine')).out)).toMatchObject({
        Account: '111122223333',
        Arn: expect.stringContaining('assumed-role/ReadOnly/alice@'),
      })
    },
    90_000,
  )

  it('stops when its person denies, and when nobody answers in five minutes', async () => {
    const legacy = [
      '[profile legacy]',
      'sso_start_url = https://rolegate.invalid.awsapps.com/start',
      'sso_region = eu-central-1',
      'sso_account_id = 111122223333',
      'sso_role_name = readonly',
    ].join('\n')
    alice = await aPersonAt(demo, 'alice')
    const laptop = await aLaptop(`\n${legacy}\n`)
    const denied = await login(home, 'payments-dev.developer')
    // In the tab that still shows the last one's end.
    await readAbout(denied)
    await page.getByRole('button', { name: 'Deny' }).click()
    const refused = await denied.ended
    expect([refused.code, refused.err]).toEqual([254, expect.stringContaining('(AccessDeniedException)')])

    // A profile of the time before sso-session, too.
    const late = await login(laptop, 'legacy')
    demo.clock.offsetSeconds += 301
    const { code, err } = await late.ended
    expect([code, err]).toEqual([255, expect.stringMatching(/pending authorization.*expired/i)])
  }, 90_000)
})
