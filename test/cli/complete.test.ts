import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { aGateway, aRole } from './fake-gateway.ts'
import { aTerminal, signedIn } from './fake-terminal.ts'

const ROLES = ['payments-dev/readonly', 'payments-dev/admin', 'payments-prod/readonly']

/** What is offered for these words, the last of which is being typed. */
async function offered(terminal: { run: ReturnType<typeof aTerminal>['run'] }, ...words: string[]) {
  const { exit, out, err } = await terminal.run('__complete', ...words)
  expect({ exit, err }).toEqual({ exit: 0, err: '' })
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t')[0])
}

/** Somebody who has listed their roles, and whose gateway is asked nothing more. */
async function someoneWhoListed(over: Parameters<typeof aTerminal>[0] = {}) {
  const world = await signedIn(over)
  await world.run('list')
  const before = world.gateway.asked.length
  return { ...world, askedSince: () => world.gateway.asked.slice(before) }
}

describe('rolegate __complete', () => {
  it('offers the commands, their other names, and help', async () => {
    expect(await offered(aTerminal(), '')).toEqual([...COMMANDS.keys(), 'ls', 'export', 'eval', 'help'])
    expect(await offered(aTerminal(), 'lo')).toEqual(['login', 'logout'])
    expect(await offered(aTerminal(), 'help', 'who')).toEqual(['whoami'])
    expect(await offered(aTerminal())).toContain('login')
  })

  it('says what each means', async () => {
    const { out } = await aTerminal().run('__complete', 'whoa')
    expect(out).toBe('whoami\tShow who is signed in, and for how long.\n')
  })

  it('offers a command’s options and everybody’s, each once', async () => {
    expect(await offered(aTerminal(), 'login', '--')).toEqual(
      expect.arrayContaining(['--device', '--qr', '--server', '--help']),
    )
    expect(await offered(aTerminal(), 'login', '--qr', '--q')).toEqual(['--quiet'])
    expect(await offered(aTerminal(), 'login', '-q', '--q')).toEqual(['--qr'])
    expect(await offered(aTerminal(), '--ver')).toEqual(['--verbose'])
  })

  it('offers an option’s values', async () => {
    expect(await offered(aTerminal(), 'ls', '-o', '')).toEqual(['table', 'json', 'csv'])
    expect(await offered(aTerminal(), 'env', 'a/b', '--format', 'env')).toEqual(['env', 'env-no-export'])
    expect(await offered(aTerminal(), 'exec', '-d', '')).toEqual([])
  })

  it('offers the shells, and what sessions takes', async () => {
    expect(await offered(aTerminal(), 'completion', '')).toEqual(['bash', 'zsh', 'fish', 'powershell'])
    expect(await offered(aTerminal(), 'sessions', '')).toEqual(['end'])
  })

  it.each(['exec', 'env', 'eval', 'console', 'credential-process'])(
    'offers %s the roles last listed, and asks nobody',
    async (command) => {
      const { terminal, askedSince } = await someoneWhoListed()
      expect(await offered(terminal, command, '')).toEqual(ROLES)
      expect(await offered(terminal, command, 'payments-p')).toEqual(['payments-prod/readonly'])
      expect(await offered(terminal, command, '-v', 'payments-dev/r')).toEqual(['payments-dev/readonly'])
      expect(askedSince()).toEqual([])
    },
  )

  it('takes a pair of quotes for an empty word, as PowerShell passes it', async () => {
    const { terminal } = await someoneWhoListed()
    expect(await offered(terminal, 'exec', '""')).toEqual(ROLES)
  })

  it('offers one role and no more, and nothing past --', async () => {
    const { terminal } = await someoneWhoListed()
    expect(await offered(terminal, 'exec', 'payments-dev/admin', '')).toEqual([])
    expect(await offered(terminal, 'exec', 'payments-dev/admin', '--', '')).toEqual([])
    expect(await offered(terminal, 'exec', '--', 'l')).toEqual([])
  })

  it('offers the roles of the gateway that is meant', async () => {
    const { terminal } = await someoneWhoListed()
    const other = await aGateway()
    other.on('GET /v1/roles', { json: { roles: [aRole('other/role')] } })
    terminal.signInAlso(other.origin)
    await terminal.run('list', '--server', other.origin)
    expect(await offered(terminal, '--server', other.origin, 'exec', '')).toEqual(['other/role'])
    expect(await offered(terminal, 'exec', '--server', other.origin, '')).toEqual(['other/role'])
    expect(await offered(terminal, 'exec', '')).toEqual(ROLES)
  })

  it.each([
    { when: 'no gateway is named', words: ['exec', ''] },
    { when: 'the gateway’s name is none', words: ['--server', 'ftp://x', 'exec', ''] },
    { when: 'the command is unknown', words: ['nonsense', ''] },
    { when: 'an option is unknown', words: ['exec', '--nonsense', ''] },
  ])('offers nothing, and is silent, when $when', async ({ words }) => {
    expect(await offered(aTerminal(), ...words)).toEqual([])
  })

  it('offers nothing, and is silent, when its file is spoilt', async () => {
    const { terminal } = await someoneWhoListed()
    writeFileSync(join(terminal.folder, 'roles.json'), '{"servers": 7')
    expect(await offered(terminal, 'exec', '')).toEqual([])
    expect((await terminal.run('list')).exit).toBe(0)
    expect(await offered(terminal, 'exec', '')).toEqual(ROLES)
  })
})

describe('roles.json', () => {
  it('holds names by origin, for its owner alone, from whatever lists them', async () => {
    const { gateway, terminal, run } = await signedIn()
    await run('exec', 'payments-dev/admin', '--', 'aws')
    const path = join(terminal.folder, 'roles.json')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ version: 1, servers: { [gateway.origin]: ROLES } })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('goes with the sign-in', async () => {
    const { terminal, run } = await someoneWhoListed()
    await run('logout')
    expect(JSON.parse(readFileSync(join(terminal.folder, 'roles.json'), 'utf8')).servers).toEqual({})
  })

  it('is not written where nothing may be', async () => {
    const { terminal } = await signedIn()
    const env = { ROLEGATE_TOKEN_STORE: 'memory', ROLEGATE_CONFIG_DIR: terminal.folder }
    await aTerminal({ env }).run('login')
    expect(readdirSync(terminal.folder)).not.toContain('roles.json')
  })
})
