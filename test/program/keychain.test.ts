import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aGateway } from '../cli/fake-gateway.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const SESSION = '/usr/bin/dbus-run-session'
const none = [SESSION, '/usr/bin/gnome-keyring-daemon'].every((tool) => existsSync(tool))
  ? undefined
  : 'no apt-get install dbus gnome-keyring'
const UNLOCKED = `printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1`

describe.skipIf(none)(`a Secret Service of its own${none ? ` (${none})` : ''}`, () => {
  it('keeps a sign-in: taken over, read, renewed, ended, and never in a file', async () => {
    const { gateway, folder, inSession } = await aMachine({ ROLEGATE_TOKEN_STORE: 'keychain' })
    const { out, err } = await inSession(
      UNLOCKED,
      'whoami --short',
      'credential-process payments-dev/readonly --no-cache >/dev/null',
      'logout',
      'whoami',
    )
    expect(err).toContain(`Signed out of ${gateway.origin}.`)
    expect(out.split('\n').filter((line) => line.startsWith('exit'))).toEqual(['exit 0', 'exit 0', 'exit 0', 'exit 4'])
    expect(gateway.askedFor('POST /oauth/token')).toHaveLength(1)
    expect(gateway.askedFor('POST /oauth/revoke').map(({ body }) => body)).toEqual([
      'client_id=rolegate-cli&token=rgr_new',
    ])
    expect(readdirSync(folder)).not.toContain('tokens.enc')
    expect(readdirSync(folder)).not.toContain('tokens.json')
  }, 60_000)

  it('that nobody can unlock is left alone: the file takes its place, said once', async () => {
    const { folder, inSession } = await aMachine({})
    const { out, err } = await inSession('true', 'whoami --short', 'whoami --short')
    expect(out.split('\n').filter((line) => line.startsWith('exit'))).toEqual(['exit 0', 'exit 0'])
    expect(err.match(/The sign-in is kept in an encrypted file instead\./g)).toHaveLength(1)
    expect(readdirSync(folder)).toContain('tokens.enc')
  }, 60_000)

  it('that was asked for by name and is not there ends with 3', async () => {
    const { inSession } = await aMachine({ ROLEGATE_TOKEN_STORE: 'keychain' })
    const { out, err } = await inSession('true', 'whoami')
    expect(out).toContain('exit 3')
    expect(err).toContain('The keychain of this machine cannot be used.')
  }, 60_000)
})

/** A home with a sign-in of the first versions, and a way to run lines of the program in a D-Bus session of its own. */
async function aMachine(store: Record<string, string>) {
  const gateway = await aGateway()
  const home = mkdtempSync(join(tmpdir(), 'rolegate-keychain-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const folder = join(home, 'config')
  mkdirSync(folder)
  const old = { accessToken: 'rga_old', refreshToken: 'rgr_old', expiresAt: '2020-01-01T00:00:00.000Z' }
  writeFileSync(join(folder, 'tokens.json'), JSON.stringify({ version: 1, servers: { [gateway.origin]: old } }))
  const env = {
    HOME: home,
    XDG_RUNTIME_DIR: home,
    PATH: '/usr/bin:/bin',
    ROLEGATE_CONFIG_DIR: folder,
    ROLEGATE_URL: gateway.origin,
    ...store,
  }
  const inSession = (first: string, ...lines: readonly string[]) =>
    new Promise<{ out: string; err: string }>((resolve) => {
      const script = [first, ...lines.map((line) => `'${process.execPath}' '${PROGRAM}' ${line}; echo exit $?`)].join(
        '\n',
      )
      execFile(SESSION, ['--', 'sh', '-c', script], { env, timeout: 50_000 }, (_, out, err) => resolve({ out, err }))
    })
  return { gateway, folder, inSession }
}
