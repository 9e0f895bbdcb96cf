import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aGateway, aProblem } from '../cli/fake-gateway.ts'
import { aBrowser, noBrowser, signInAs } from '../support/a-browser.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, approveTerminal, type Person } from '../support/a-person.ts'
import { aTmuxTerminal, noTmux, type TmuxTerminal } from '../support/a-tmux.ts'

const NO_CONTAINER = `
const fs = require('node:fs')
const { existsSync } = fs
fs.existsSync = (path) => !/^\\/(\\.dockerenv|run\\/\\.containerenv)$/.test(path) && existsSync(path)
require('node:module').syncBuiltinESMExports()
`
const because = (reason: string | undefined) => (reason === undefined ? '' : ` (${reason})`)

describe.skipIf(noTmux)(`somebody at a terminal${because(noTmux)}`, () => {
  let demo: Demo
  let alice: Person
  let terminal: TmuxTerminal
  let nobody: string
  const { press, type, shows, start, run, screen } = {
    press: (...keys: string[]) => terminal.press(...keys),
    type: (text: string) => terminal.type(text),
    shows: (pattern: RegExp | string) => terminal.shows(pattern),
    start: (line: string) => terminal.start(line),
    run: (line: string) => terminal.run(line),
    screen: () => terminal.screen(),
  }
  const ADDRESS = /^ *(?:If it does not open: )?(http:\S+\/oauth\/authorize\?\S+)$/m

  beforeAll(async () => {
    demo = await aDemo()
    alice = await aPersonAt(demo, 'alice')
    terminal = aTmuxTerminal({ ROLEGATE_URL: demo.url, DISPLAY: ':0' })
    writeFileSync(join(terminal.home, 'plain.txt'), 'not a program', { mode: 0o600 })
    nobody = `ROLEGATE_CONFIG_DIR=${join(terminal.home, 'nobody')}`
  })
  afterAll(async () => {
    terminal.close()
    await demo.close()
  })

  /** What a browser does with the page of that address: the form, by its button. */
  async function decideAt(address: string, decision: 'approve' | 'deny'): Promise<Response> {
    const page = await (await alice.fetch(address)).text()
    const fields = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
    const said = fields.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')])
    const sent = await alice.submit('/oauth/authorize', { ...Object.fromEntries(said), decision })
    return fetch(sent.headers.get('location') ?? 'nowhere')
  }

  it('is not signed in: 4', async () => {
    expect(await run('rolegate ls')).toBe(4)
  })

  it('is asked before the first sign-in at a gateway that a variable names; No is the answer to Enter (threats.md D14)', async () => {
    const ended = start('rolegate login')
    await shows('Sign in there?')
    press('Enter')
    expect(await ended()).toBe(3)
    expect(screen()).toContain('Not signed in.')
  })

  it('may leave that question by Ctrl-C: 130', async () => {
    const ended = start('rolegate login')
    await shows('Sign in there?')
    press('C-c')
    expect(await ended()).toBe(130)
  })

  it('signs in by the browser beside the terminal', async () => {
    const ended = start('rolegate login --no-browser')
    await shows('Sign in there?')
    type('y')
    const answered = await decideAt(await shows(ADDRESS), 'approve')
    expect(await ended()).toBe(0)
    expect([answered.status, answered.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(screen()).toMatch(
      /✓ Signed in as alice@example\.com until [\d: -]+\. \d+ roles in \d+ accounts, and 1 elevated\./,
    )
  })

  it('is signed in as class pkce, and is known from now on', async () => {
    expect(await run('rolegate whoami')).toBe(0)
    expect(screen()).toContain('pkce, until')
    const ended = start('rolegate login --no-browser')
    await shows(ADDRESS)
    press('C-c')
    expect(await ended()).toBe(130)
    expect(screen()).not.toContain('Sign in there?')
  })

  it('has the browser opened at the gateway where one can be', async () => {
    terminal.program('xdg-open', '#!/bin/sh\nprintf %s "$1" >"$HOME/opened"\n')
    // This machine may be a container itself: for this line it is none.
    writeFileSync(join(terminal.home, 'no-container.cjs'), NO_CONTAINER)
    const ended = start('NODE_OPTIONS="--require=$HOME/no-container.cjs" rolegate login')
    await shows(`Opening ${demo.url} in your browser.`)
    const address = await shows(ADDRESS)
    await expect.poll(() => readFileSync(join(terminal.home, 'opened'), 'utf8')).toBe(address)
    await decideAt(address, 'approve')
    expect(await ended()).toBe(0)
  })

  it.skipIf(noBrowser)(
    `signs in with a real browser, which ends on a page of the terminal’s own${because(noBrowser)}`,
    async () => {
      const ended = start(`${nobody}-2 rolegate login --no-browser --server ${demo.url}`)
      const address = await shows(ADDRESS)
      const browser = await aBrowser()
      try {
        const page = await browser.newPage()
        await page.goto(address)
        await signInAs(page, 'alice')
        await page.getByRole('button', { name: 'Approve' }).click()
        await page.getByText('You can close this tab.').waitFor()
        expect(await page.locator('script').count()).toBe(0)
        expect(await ended()).toBe(0)
      } finally {
        await browser.close()
      }
    },
    60_000,
  )

  it('is told No by the browser: 4', async () => {
    const ended = start('rolegate login --no-browser')
    await decideAt(await shows(ADDRESS), 'deny')
    expect(await ended()).toBe(4)
    expect(screen()).toContain('denied in the browser')
  })

  it('signs in over SSH by a code and a number, and is told why', async () => {
    const ended = start(`SSH_TTY=/dev/pts/9 ${nobody}-3 rolegate login --qr --server ${demo.url}`)
    const code = await shows(/Enter +([B-Z]{4}-[B-Z]{4})/)
    await shows('▄▄▄▄▄')
    await approveTerminal(alice, code, await shows(/the number (\d\d) on that page/))
    expect(await ended()).toBe(0)
    expect(screen()).toContain('device session: no elevated roles')
  }, 30_000)

  it('says why there is a code when nobody asked for one', async () => {
    const ended = start('SSH_TTY=/dev/pts/9 rolegate login')
    await shows('This looks like an SSH session, so sign in on another device.')
    await shows(/Enter +[B-Z]{4}-[B-Z]{4}/)
    press('C-c')
    expect(await ended()).toBe(130)
  })

  it('lists', async () => {
    expect(await run('rolegate ls')).toBe(0)
    expect(screen()).toMatch(/^ROLE +ACCOUNT +NAME/m)
    expect(screen()).toMatch(/^payments-dev\/developer +111122223333 /m)
  })

  it('runs a command as a role, whose exit code is the line’s', async () => {
    expect(await run(`rolegate exec payments-dev/developer -- sh -c 'echo key $AWS_ACCESS_KEY_ID; exit 42'`)).toBe(42)
    expect(screen()).toMatch(/^key ASIA/m)
  })

  it('passes what is typed, and Ctrl-C, to the command', async () => {
    const echoed = start(`rolegate exec payments-dev/developer -- sh -c 'echo re""ady; head -n 1'`)
    await shows('ready')
    type('typed words')
    press('Enter')
    expect(await echoed()).toBe(0)
    const waiting = start(`rolegate exec payments-dev/developer -- sh -c 'echo re""ady; exec sleep 600'`)
    await shows('ready')
    press('C-c')
    expect(await waiting()).toBe(130)
  })

  it('prints the console’s page without a browser', async () => {
    expect(await run('ROLEGATE_NO_BROWSER=1 rolegate console payments-dev/developer')).toBe(0)
    expect(screen()).toContain(`${demo.url}/`)
    expect(await run('rolegate console payments-dev/developer --print | cut -c 1-60')).toBe(0)
    expect(screen()).toContain(`${demo.awsUrl}/federation?Action=login`)
  })

  it('picks a role: letters narrow the list, Enter takes it, and the command has the keyboard again', async () => {
    const ended = start(`rolegate exec -- sh -c 'echo re""ady; read line; echo "$line as $AWS_ACCESS_KEY_ID"'`)
    await shows('Which role?')
    await shows('payments-dev/readonly')
    type('devdeveloper')
    await expect.poll(screen).not.toContain('payments-dev/readonly')
    await shows('payments-dev/developer')
    press('Enter')
    await shows('ready')
    type('typed after')
    press('Enter')
    expect(await ended()).toBe(0)
    expect(screen()).toMatch(/^typed after as ASIA/m)
  })

  it('picks with the arrows, on stderr, while stdout is read by the shell', async () => {
    const ended = start('eval "$(rolegate env)"; echo "key $AWS_ACCESS_KEY_ID"; rolegate env --unset >/dev/null')
    await shows('Which role?')
    press('Down', 'Up', 'Enter')
    expect(await ended()).toBe(0)
    expect(screen()).toMatch(/^key ASIA/m)
  })

  it.each(['C-c', 'Escape'])('leaves the picker by %s: 130', async (key) => {
    const ended = start('rolegate console')
    await shows('Which role?')
    press(key)
    expect(await ended()).toBe(130)
  })

  it('is asked nothing in a pipe: 2', async () => {
    expect(await run('echo | rolegate exec -- true')).toBe(2)
    expect(await run('rolegate env 2>/dev/null')).toBe(2)
  })

  it('completes roles at the Tab, from the last list', async () => {
    await run('source <(rolegate completion bash)')
    const ended = start('rolegate whoami')
    expect(await ended()).toBe(0)
    type('rolegate exec payments-dev/dev')
    press('Tab')
    await shows('rolegate exec payments-dev/developer')
    press('C-u')
  })

  it.each([
    { exit: 0, line: 'rolegate version' },
    { exit: 1, line: 'rolegate sessions end nothing' },
    { exit: 2, line: 'rolegate frobnicate' },
    { exit: 3, line: 'ROLEGATE_URL=ftp://example.com rolegate ls' },
    { exit: 5, line: 'ROLEGATE_CONFIG_DIR="$HOME/nobody-3" rolegate env payments-prod/admin' },
    { exit: 6, line: 'rolegate env nowhere/nothing' },
    { exit: 6, line: 'rolegate env payments' },
    { exit: 9, line: 'rolegate login --server http://127.0.0.1:1' },
    { exit: 125, line: `rolegate exec payments-dev/developer -- "$(printf 'x%.0s' {1..9000})"` },
    { exit: 126, line: 'rolegate exec payments-dev/developer -- ./plain.txt' },
    { exit: 127, line: 'rolegate exec payments-dev/developer -- no-such-program' },
  ])('ends with $exit: $line', async ({ exit, line }) => {
    expect(await run(line)).toBe(exit)
  })

  it('ends with 8 when AWS refuses', async () => {
    demo.world.aws.behave('refuse-all')
    expect(await run('rolegate env payments-dev/developer')).toBe(8)
    demo.world.aws.behave('normal')
  })

  it('ends with 7 when a role is to be approved first', async () => {
    const gateway = await aGateway()
    gateway.on('POST /oauth/device_authorization', {
      json: {
        device_code: 'rgd_x',
        user_code: 'WDJB-MJHT',
        verification_uri: `${gateway.origin}/device`,
        expires_in: 300,
        interval: 1,
      },
    })
    gateway.on('POST /v1/credentials', aProblem(403, 'approval_required'))
    expect(await run(`${nobody}-4 rolegate login --device --server ${gateway.origin}`)).toBe(0)
    expect(await run(`${nobody}-4 rolegate env payments-dev/admin --server ${gateway.origin}`)).toBe(7)
  })

  it('sees its own sign-ins, and ends one of them: it is over there at once', async () => {
    const other = `${nobody}-3 rolegate --server ${demo.url}`
    expect(await run(`${other} whoami --short`)).toBe(0)
    expect(await run('rolegate sessions')).toBe(0)
    expect(screen()).toMatch(/^ID +BY +CLIENT +HOST +ADDRESS +SINCE +UNTIL/m)
    expect(screen().match(/\(this one\)$/gm)).toHaveLength(1)
    const id = /^(\S+) +device /m.exec(screen())?.[1] ?? ''
    expect(await run(`rolegate sessions end ${id}`)).toBe(0)
    expect(await run(`${other} whoami --short`)).toBe(4)
    expect(await run('rolegate sessions -o csv | grep -c device')).toBe(1)
    expect(await run('rolegate whoami --short')).toBe(0)
  })

  it('signs out everywhere', async () => {
    expect(await run('rolegate logout --all')).toBe(0)
    expect(screen()).toContain(`Signed out of ${demo.url}.`)
    expect(await run('rolegate ls')).toBe(4)
  })
})
