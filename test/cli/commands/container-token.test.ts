import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aTerminal, signedIn } from '../fake-terminal.ts'

const ROLE = 'payments-dev/readonly'
const TOKEN = 'POST /oauth/token'
const ISSUED = {
  access_token: 'rgk_secretcontainertoken',
  issued_token_type: 'urn:rolegate:params:oauth:token-type:container',
  token_type: 'N_A',
  expires_in: 3600,
  scope: `container:${ROLE}`,
}

async function aTerminalWithContainers(over: Parameters<typeof signedIn>[0] = {}) {
  const world = await signedIn(over)
  world.gateway.on(TOKEN, { json: ISSUED })
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-container-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return { ...world, file: join(folder, 'deep', 'token') }
}

describe('rolegate container-token', () => {
  it('writes the token for its owner alone, without a newline, and prints what the container needs', async () => {
    const { run, file, gateway } = await aTerminalWithContainers()
    const { exit, out, err } = await run('container-token', ROLE, '--file', file)
    expect({ exit, out }).toEqual({
      exit: 0,
      out: `AWS_CONTAINER_CREDENTIALS_FULL_URI=${gateway.origin}/v1/container-credentials/${ROLE}\nAWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=${file}\n`,
    })
    expect(readFileSync(file, 'utf8')).toBe('rgk_secretcontainertoken')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(err).toContain('Good for payments-dev/readonly, for 1h')
    expect(`${out}${err}`).not.toContain('rgk_')
    expect(Object.fromEntries(new URLSearchParams(gateway.askedFor(TOKEN)[0]?.body))).toEqual({
      client_id: 'rolegate-cli',
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'rga_kept',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: `container:${ROLE}`,
    })
  })

  it('replaces an earlier token whole', async () => {
    const { run, file, gateway } = await aTerminalWithContainers()
    await run('container-token', ROLE, '--file', file)
    gateway.on(TOKEN, { json: { ...ISSUED, access_token: 'rgk_another' } })
    await run('container-token', ROLE, '--file', file, '-q')
    expect(readFileSync(file, 'utf8')).toBe('rgk_another')
  })

  it('prints the token into a pipe, and never to a screen (threats.md D15)', async () => {
    expect(await (await aTerminalWithContainers()).run('container-token', ROLE, '-q')).toEqual({
      exit: 0,
      out: 'rgk_secretcontainertoken',
      err: '',
    })
    const screen = await aTerminalWithContainers({ isTty: { stdin: true, stdout: true, stderr: true } })
    expect(await screen.run('container-token', ROLE)).toMatchObject({ exit: 2, out: '' })
    expect(screen.gateway.askedFor(TOKEN)).toEqual([])
  })

  it('says the variables as JSON', async () => {
    const { run, file } = await aTerminalWithContainers()
    const { out } = await run('container-token', ROLE, '--file', file, '--json')
    expect(JSON.parse(out)).toHaveProperty('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', file)
  })

  it.each([
    ['a role that is not theirs', { status: 403, json: { error: 'access_denied' } }, 5],
    ['a sign-in that has ended', { status: 400, json: { error: 'invalid_request' } }, 4],
    ['a gateway that knows no such grant', { status: 400, json: { error: 'unsupported_grant_type' } }, 2],
    ['a token for another role', { json: { ...ISSUED, scope: 'container:payments-prod/readonly' } }, 9],
    ['a token of another kind', { json: { ...ISSUED, access_token: 'rga_everything' } }, 9],
  ])('writes nothing for %s', async (_what, reply, exit) => {
    const { run, file, gateway } = await aTerminalWithContainers()
    gateway.on(TOKEN, reply)
    expect(await run('container-token', ROLE, '--file', file)).toMatchObject({ exit, out: '' })
    expect(() => statSync(file)).toThrow('ENOENT')
  })

  it('ends with 4 when nobody is signed in, and with 2 without a role in a pipe', async () => {
    const { gateway } = await aTerminalWithContainers()
    const nobody = aTerminal({ env: { ROLEGATE_URL: gateway.origin } })
    expect((await nobody.run('container-token', ROLE)).exit).toBe(4)
    expect((await nobody.run('container-token')).exit).toBe(2)
  })
})
