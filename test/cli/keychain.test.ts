import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CliWorld, Keychain } from '../../src/cli/world.ts'
import { warmCredentials } from '../../src/cli/warm.ts'
import { aGateway } from './fake-gateway.ts'
import { aTerminal, type Terminal } from './fake-terminal.ts'

const TOKEN = 'POST /oauth/token'

describe('a sign-in in the keychain', () => {
  it('is one item for its gateway, and no token is in any file', async () => {
    const { terminal, items, gateway, asked } = await aSignIn()
    expect([...items.keys()]).toEqual([gateway.origin])
    expect(JSON.parse(items.get(gateway.origin) ?? '')).toMatchObject({
      accessToken: 'rga_new',
      refreshToken: 'rgr_new',
    })
    expect(existsSync(join(terminal.folder, 'tokens.enc'))).toBe(false)
    expect(markOf(terminal, gateway.origin)).toMatchObject({ store: 'keychain' })
    asked.length = 0
    expect((await terminal.run('env', 'payments-dev/admin')).exit).toBe(0)
    // ux.md 7: an answer for each question is one too many.
    expect(asked).toEqual([`get ${gateway.origin}`])
  })

  it('is not asked for while kept credentials last', async () => {
    const { terminal, asked } = await aSignIn()
    await terminal.run('credential-process', 'payments-dev/admin')
    asked.length = 0
    expect((await terminal.run('credential-process', 'payments-dev/admin')).exit).toBe(0)
    expect(asked).toEqual([])
  })

  it('is renewed there, and gone after logout', async () => {
    const { terminal, items, gateway } = await aSignIn()
    items.set(
      gateway.origin,
      JSON.stringify({ accessToken: 'rga_old', refreshToken: 'rgr_old', expiresAt: '2030-01-01T09:00:10Z' }),
    )
    expect((await terminal.run('whoami')).exit).toBe(0)
    expect(JSON.parse(items.get(gateway.origin) ?? '')).toMatchObject({ refreshToken: 'rgr_new' })
    expect((await terminal.run('logout')).exit).toBe(0)
    expect([...items.keys()]).toEqual([])
  })

  it('is over when somebody removed the item', async () => {
    const { terminal, items } = await aSignIn()
    items.clear()
    expect(await terminal.run('whoami')).toMatchObject({ exit: 4 })
  })

  it('is not guessed from an item that rolegate did not write', async () => {
    const { terminal, items, gateway } = await aSignIn()
    items.set(gateway.origin, '{"accessToken":7}')
    expect(await terminal.run('whoami')).toMatchObject({ exit: 4, err: expect.stringContaining('keychain') })
  })

  it('gives way to one in a file, and the item is gone', async () => {
    const { terminal, items, gateway } = await aSignIn()
    const filed = aTerminal({
      ...terminal.world,
      env: { ...terminal.world.env, ROLEGATE_TOKEN_STORE: 'file' },
    })
    expect((await filed.run('login', '--device')).exit).toBe(0)
    expect(items.size).toBe(0)
    expect(Object.keys(terminal.tokens())).toEqual([gateway.origin])
  })
})

describe('a keychain that does not work', () => {
  const none = () => Promise.reject(new Error('no Secret Service\u001b[2J'))

  it('leaves a new sign-in to the encrypted file, and that is said once', async () => {
    const { terminal, signedIn, gateway } = await aSignIn(none)
    expect(signedIn.err).toContain(
      String.raw`The keychain of this machine cannot be used. Reason: no Secret Service\u001b[2J. The sign-in is kept in an encrypted file instead.`,
    )
    expect(Object.keys(terminal.tokens())).toEqual([gateway.origin])
    expect(await terminal.run('whoami')).toMatchObject({ exit: 0, err: '' })
  })

  it('gives a long reason up to the end of a word', async () => {
    const { signedIn } = await aSignIn(() => Promise.reject(new Error('secret service '.repeat(30))))
    expect(signedIn.err).toMatch(/Reason: (secret service )+(secret )?….? The sign-in is kept/)
  })

  it('that was asked for by name ends login with 3, before anybody is sent to a browser', async () => {
    const { signedIn, gateway } = await aSignIn(none, 'keychain')
    expect(signedIn).toMatchObject({ exit: 3, out: '' })
    expect(signedIn.err).toContain('ROLEGATE_TOKEN_STORE=file')
    expect(gateway.asked).toEqual([])
  })

  it('asks for a new sign-in, and says where the old one is', async () => {
    const { terminal, gateway } = await aSignIn()
    const locked = aTerminal({ ...terminal.world, keychain: none })
    const { exit, err } = await locked.run('whoami')
    expect(exit).toBe(4)
    expect(err).toContain(`It keeps your sign-in at ${gateway.origin}.`)
    expect((await locked.run('login', '--device')).exit).toBe(0)
    expect((await locked.run('whoami')).exit).toBe(0)
  })

  describe.each(['', 'keychain'])('and ROLEGATE_TOKEN_STORE=%s', (store) => {
    const locked = () => Promise.reject(new Error('locked'))

    it.each(['logout', 'logout --all'])('keeps nobody from `%s`, which says what is left', async (line) => {
      const { terminal, gateway } = await aSignIn()
      await terminal.run('credential-process', 'payments-dev/admin')
      const env = { ...terminal.world.env, ROLEGATE_TOKEN_STORE: store }
      const here = aTerminal({ ...terminal.world, env, keychain: locked })
      const { exit, err } = await here.run(...line.split(' '))
      expect(exit).toBe(3)
      expect(err).toContain(
        `You are signed out on this machine only. ${gateway.origin} could not be told: The keychain of this machine cannot be used.`,
      )
      expect(err).not.toContain('Signed out of')
      expect(err).toContain('sign out in the portal')
      expect(gateway.askedFor('POST /oauth/revoke')).toEqual([])
      expect(readdirSync(join(terminal.folder, 'cache', 'credentials'))).toEqual([])
      // Neither what was kept, nor the item itself once the keychain opens again.
      expect(warmCredentials(['credential-process', 'payments-dev/admin'], terminal.world, new Date(0))).toBeUndefined()
      expect(await terminal.run('credential-process', 'payments-dev/admin')).toMatchObject({ exit: 4, out: '' })
      expect(await terminal.run('logout')).toMatchObject({ exit: 0, err: expect.stringContaining('Nobody was') })
    })
  })

  it('keeps no other gateway from being told by `logout --all`', async () => {
    const { terminal, gateway } = await aSignIn()
    const other = await aGateway()
    terminal.signInAlso(other.origin)
    const locked = aTerminal({ ...terminal.world, keychain: none })
    const { exit, err } = await locked.run('logout', '--all')
    expect(exit).toBe(3)
    expect(err).toContain(`Signed out of ${other.origin}.`)
    expect(err).toContain(`${gateway.origin} could not be told`)
    expect(other.askedFor('POST /oauth/revoke')).toHaveLength(1)
  })

  it('that lost the item leaves a sign-in nobody can end from here, and logout says so', async () => {
    const { terminal, items } = await aSignIn()
    items.clear()
    expect(await terminal.run('logout')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('signed out on this machine only'),
    })
    expect(await terminal.run('logout')).toMatchObject({ exit: 0 })
  })

  it('keeps nobody from renewing: the successor goes to the file', async () => {
    const { terminal, items, gateway } = await aSignIn()
    const item = JSON.stringify({ accessToken: 'rga_old', refreshToken: 'rgr_old', expiresAt: '2030-01-01T09:00:10Z' })
    items.set(gateway.origin, item)
    const readOnly: CliWorld['keychain'] = async () => ({
      ...(await terminal.world.keychain()),
      set: () => Promise.reject(new Error('locked')),
    })
    expect((await aTerminal({ ...terminal.world, keychain: readOnly }).run('whoami')).exit).toBe(0)
    expect(terminal.tokens()[gateway.origin]).toMatchObject({ refreshToken: 'rgr_new' })
    expect((await terminal.run('whoami')).exit).toBe(0)
    expect(gateway.askedFor(TOKEN)).toHaveLength(2)
  })

  it('that keeps people waiting says what it is asked for', async () => {
    const slow = new AbortController()
    const { terminal, items, gateway } = await aSignIn()
    const get: Keychain['get'] = async (account) => {
      slow.abort()
      return items.get(account)
    }
    const keychain = async () => ({ ...(await terminal.world.keychain()), get })
    const timeout = (ms: number) => (ms === 3000 ? slow.signal : new AbortController().signal)
    const { err } = await aTerminal({ ...terminal.world, keychain, timeout }).run('whoami')
    expect(err).toBe(`Waiting for the keychain of this machine: it keeps the sign-in at ${gateway.origin}.\n`)
  })
})

/** Somebody who signs in with a keychain of this kind; by default one that works. */
async function aSignIn(keychain?: CliWorld['keychain'], store = '') {
  const items = new Map<string, string>()
  const asked: string[] = []
  const working: Keychain = {
    get: async (account) => (asked.push(`get ${account}`), items.get(account)),
    set: async (account, secret) => (asked.push(`set ${account}`), void items.set(account, secret)),
    remove: async (account) => (asked.push(`remove ${account}`), void items.delete(account)),
  }
  const gateway = await aGateway()
  const terminal = aTerminal({ env: { ROLEGATE_TOKEN_STORE: store }, keychain: keychain ?? (async () => working) })
  const signedIn = await terminal.run('login', '--device', '--server', gateway.origin)
  return { gateway, terminal, items, asked, signedIn }
}

const markOf = ({ folder }: Terminal, origin: string): unknown =>
  JSON.parse(readFileSync(join(folder, 'sign-ins', `${encodeURIComponent(origin)}.json`), 'utf8'))
