import { describe, expect, it } from 'vitest'
import { LENT, SECRET } from '../fake-gateway.ts'
import { aTerminal, signedIn } from '../fake-terminal.ts'

const ROLE = 'payments-dev/readonly'
const CREDENTIALS = 'POST /v1/credentials'

describe('rolegate env', () => {
  it.each([
    { format: 'env', line: `export AWS_SECRET_ACCESS_KEY='${SECRET}'` },
    { format: 'env-no-export', line: `AWS_SECRET_ACCESS_KEY=${SECRET}` },
    { format: 'powershell', line: `$Env:AWS_SECRET_ACCESS_KEY='${SECRET}'` },
    { format: 'windows-cmd', line: `set "AWS_SECRET_ACCESS_KEY=${SECRET}"` },
    { format: 'fish', line: `set -gx AWS_SECRET_ACCESS_KEY '${SECRET}'` },
    { format: 'process', line: `"SecretAccessKey":"${SECRET}"` },
    { format: 'json', line: `"AWS_SECRET_ACCESS_KEY": "${SECRET}"` },
    { format: 'ini', line: '[payments-dev.readonly]' },
  ])('prints the form $format', async ({ format, line }) => {
    const { run } = await signedIn()
    const { exit, out, err } = await run('env', ROLE, '--format', format)
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    expect(out).toContain(line)
  })

  it.each(['env', 'export', 'eval'])('is also called %s, and prints the form env by itself', async (name) => {
    const { run } = await signedIn()
    expect((await run(name, ROLE)).out).toContain('export AWS_ACCESS_KEY_ID=')
  })

  it.each([
    { args: ['-r', 'eu-west-1'], parent: {}, region: 'eu-west-1' },
    { args: ['-r', 'eu-west-1'], parent: { AWS_REGION: 'us-east-1' }, region: 'eu-west-1' },
    { args: [], parent: { AWS_REGION: 'us-east-1' }, region: 'us-east-1' },
    { args: [], parent: {}, region: 'eu-central-1' },
    { args: [], parent: { AWS_DEFAULT_REGION: 'eu-west-2' }, region: undefined },
  ])('hands on the region $region for $args in $parent', async ({ args, parent, region }) => {
    const { run, gateway } = await signedIn({ env: parent })
    gateway.on(CREDENTIALS, { json: { ...LENT, region: 'eu-central-1' } })
    const printed = JSON.parse((await run('env', ROLE, '--json', ...args)).out)
    expect([printed.AWS_REGION, printed.AWS_DEFAULT_REGION]).toEqual([region, region])
  })

  it('leaves a shell open to the region of the next account, and takes the last one away (DECISIONS.md 220)', async () => {
    const { run, gateway } = await signedIn()
    gateway.on(CREDENTIALS, { json: { ...LENT, region: 'eu-central-1' } })
    const { out } = await run('env', ROLE)
    const shell = Object.fromEntries(
      [...out.matchAll(/^export (\w*REGION)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
    )
    expect(Object.keys(shell)).toEqual(['AWS_REGION', 'AWS_DEFAULT_REGION', 'ROLEGATE_ACCOUNT_REGION'])

    const later = await signedIn({ env: shell })
    later.gateway.on(CREDENTIALS, { json: { ...LENT, region: 'us-east-1' } })
    expect((await later.run('env', ROLE)).out).toContain("export AWS_REGION='us-east-1'")
    await later.run('exec', ROLE, '--', 'env')
    expect(later.terminal.spawned[0]?.env['AWS_REGION']).toBe('us-east-1')
    const unset = (await later.run('env', '--unset')).out
    for (const name of Object.keys(shell)) expect(unset).toContain(`unset ${name}\n`)
  })

  it('unsets no region that somebody chose', async () => {
    expect((await aTerminal({ env: { AWS_REGION: 'eu-west-1' } }).run('env', '--unset')).out).not.toContain('REGION')
  })

  it.each(['env-no-export', 'json'])('prints what SDKs read and nothing else in the form %s', async (format) => {
    const { run, gateway } = await signedIn()
    gateway.on(CREDENTIALS, { json: { ...LENT, region: 'eu-central-1' } })
    expect((await run('env', ROLE, '--format', format)).out).not.toContain('ROLEGATE_')
  })

  it.each([
    { format: 'env', line: 'unset AWS_SESSION_TOKEN' },
    { format: 'powershell', line: 'Remove-Item Env:AWS_SESSION_TOKEN -ErrorAction SilentlyContinue' },
    { format: 'windows-cmd', line: 'set "AWS_SESSION_TOKEN="' },
    { format: 'fish', line: 'set -e AWS_SESSION_TOKEN' },
  ])('unsets in the form $format without asking anybody', async ({ format, line }) => {
    const { exit, out } = await aTerminal().run('env', '--unset', '--format', format)
    expect(exit).toBe(0)
    expect(out.split('\n')).toContain(line)
  })

  it.each([
    { lent: { secretAccessKey: 'x"; rm -rf ~; "' }, because: 'a quote' },
    { lent: { sessionToken: '$(reboot)' }, because: 'a substitution' },
    { lent: { accessKeyId: 'A\nB' }, because: 'a line feed' },
    { lent: { role: 'x]\n[default' }, because: 'a name no role has' },
    { lent: { expiration: 'soon' }, because: 'no time' },
  ])('prints nothing for a shell when the answer holds $because (threats.md D13)', async ({ lent }) => {
    const { gateway, run } = await signedIn()
    gateway.on(CREDENTIALS, { json: { ...LENT, ...lent } })
    for (const format of ['env', 'env-no-export', 'windows-cmd', 'ini']) {
      expect(await run('env', ROLE, '--format', format)).toMatchObject({ exit: 9, out: '' })
    }
  })

  it('reminds a person who prints secrets to a terminal', async () => {
    const { run } = await signedIn({ isTty: { stdin: true, stdout: true, stderr: true } })
    expect((await run('env', ROLE)).err).toContain('eval')
    expect((await run('env', ROLE, '-q')).err).toBe('')
  })
})
