import { describe, expect, it } from 'vitest'
import { aRole } from '../fake-gateway.ts'
import { aTerminal, signedIn } from '../fake-terminal.ts'

describe('rolegate list', () => {
  it.each(['list', 'ls'])('%s shows a table', async (name) => {
    const { run } = await signedIn()
    expect((await run(name)).out.split('\n')).toEqual([
      'ROLE                    ACCOUNT       NAME      ENV  MAX    STATE',
      'payments-dev/readonly   111111111111  Payments  dev  1h30m  available',
      'payments-dev/admin      111111111111  Payments  dev  1h30m  available',
      'payments-prod/readonly  222222222222  Payments  dev  1h30m  available',
      '',
    ])
  })

  it('prints the gateway’s own answer as JSON, and CSV with quotes where they are needed', async () => {
    const { gateway, run } = await signedIn()
    const account = { id: '111111111111', alias: 'a', name: 'Say "hi", Bob' }
    gateway.on('GET /v1/roles', {
      json: { roles: [aRole('a/b', { account, elevated: true, state: 'needs_approval' })] },
    })
    expect(JSON.parse((await run('list', '-o', 'json')).out).roles[0].via).toEqual([{ rule: 'r', group: 'g' }])
    expect((await run('list', '-o', 'csv')).out).toBe(
      'role,account_id,account_name,environment,arn,max_seconds,elevated,state\r\n' +
        'a/b,111111111111,"Say ""hi"", Bob",,arn:aws:iam::111111111111:role/b,5400,true,needs_approval\r\n',
    )
    expect((await run('list')).out).toContain('needs approval (elevated)')
  })

  it('tells a role that was asked for from one that nobody has asked for', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('GET /v1/roles', {
      json: {
        roles: [aRole('a/b', { state: 'needs_approval', pending: 'req-1' }), aRole('a/c', { state: 'needs_approval' })],
      },
    })
    expect((await run('list')).out.split('\n').map((line) => line.slice(line.indexOf('1h30m')))).toEqual([
      expect.any(String),
      '1h30m  waits for approval',
      '1h30m  needs approval',
      '',
    ])
  })

  it('says on stderr when there is nothing, and never starts a sign-in', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('GET /v1/roles', { json: { roles: [] } })
    expect(await run('list')).toEqual({ exit: 0, out: '', err: 'No role is open to you.\n' })
    expect(await aTerminal().run('list', '--server', gateway.origin)).toMatchObject({ exit: 4 })
    expect(gateway.askedFor('POST /oauth/device_authorization')).toEqual([])
  })
})
