import { describe, expect, it } from 'vitest'
import { aProblem } from '../fake-gateway.ts'
import { signedIn } from '../fake-terminal.ts'

describe('rolegate sessions', () => {
  it('shows a table of one’s own, this one marked', async () => {
    const { run } = await signedIn()
    const { out } = await run('sessions')
    expect(out.split('\n')).toEqual([
      'ID     BY       CLIENT          HOST     ADDRESS      SINCE  UNTIL',
      'ses_1  pkce     rolegate 9.9.9  build-7  203.0.113.9  08:00  20:00  (this one)',
      'ses_2  browser  rolegate 9.9.9  build-7  203.0.113.9  08:00  20:00',
      '',
    ])
  })

  it('prints the gateway’s own answer as JSON, and CSV', async () => {
    const { run } = await signedIn()
    for (const line of [['-o', 'json'], ['--json']]) {
      expect(JSON.parse((await run('sessions', ...line)).out).sessions).toHaveLength(2)
    }
    expect((await run('sessions', '-o', 'csv')).out.split('\r\n').slice(0, 2)).toEqual([
      'id,via,client,host,address,signed_in_at,expires_at,current',
      'ses_1,pkce,rolegate 9.9.9,build-7,203.0.113.9,2030-01-01T08:00:00.000Z,2030-01-01T20:00:00.000Z,true',
    ])
  })

  it('obeys nothing that a client calls itself (security.md D-26)', async () => {
    const { gateway, run } = await signedIn()
    const hostile = '\u001B[2Jroot\u202E\nses_9  pkce'
    const session = { id: 's', via: 'pkce', signedInAt: '2030-01-01T08:00:00Z', expiresAt: '2030-01-01T20:00:00Z' }
    gateway.on('GET /v1/sessions', { json: { sessions: [{ ...session, client: hostile, host: hostile }] } })
    const { out } = await run('sessions')
    for (const character of ['\u001B', '\u202E']) expect(out).not.toContain(character)
    expect(out.trimEnd().split('\n')).toHaveLength(2)
  })

  it('ends one by its ID', async () => {
    const { run, asked } = await signedIn()
    expect(await run('sessions', 'end', 'ses_2')).toEqual({ exit: 0, out: '', err: 'Ended.\n' })
    expect(asked('POST /v1/sessions/end')).toEqual([{ id: 'ses_2' }])
  })

  it('passes on that there is none of this ID', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('POST /v1/sessions/end', aProblem(404, 'not_found'))
    expect((await run('sessions', 'end', 'ses_9')).exit).toBe(1)
  })
})
