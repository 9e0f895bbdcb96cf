import { describe, expect, it } from 'vitest'
import type { Choice } from '../../src/cli/world.ts'
import { aRole } from './fake-gateway.ts'
import { signedIn } from './fake-terminal.ts'

const TTY = { stdin: true, stdout: true, stderr: true }

/** Somebody at a terminal who takes what they are told to. */
async function someoneWhoPicks(picked: string, isTty = TTY) {
  const shown: (readonly Choice[])[] = []
  const world = await signedIn({
    isTty,
    pick: async (_question, choices) => {
      shown.push(choices)
      return picked
    },
  })
  return { ...world, shown }
}

describe('a missing ROLE', () => {
  it.each([
    { line: ['env'], route: 'POST /v1/credentials' },
    { line: ['exec', '--', 'aws'], route: 'POST /v1/credentials' },
    { line: ['console', '--print'], route: 'POST /v1/console' },
  ])('is picked from one’s own in $line', async ({ line, route }) => {
    const { run, asked, shown } = await someoneWhoPicks('payments-dev/admin')
    expect((await run(...line)).exit).toBe(0)
    expect(asked(route)).toEqual([{ role: 'payments-dev/admin' }])
    expect(shown[0]?.map(({ value }) => value)).toEqual([
      'payments-dev/readonly',
      'payments-dev/admin',
      'payments-prod/readonly',
    ])
  })

  it('is picked for the console’s page too', async () => {
    const { run, gateway, terminal } = await someoneWhoPicks('payments-dev/admin')
    expect((await run('console')).exit).toBe(0)
    expect(terminal.spawned[0]?.args.at(-1)).toContain(`${gateway.origin}/`)
  })

  it('shows account, and what stands in the way', async () => {
    const { run, gateway, shown } = await someoneWhoPicks('payments-dev/admin')
    const gated = aRole('payments-dev/admin', { elevated: true, state: 'needs_approval' })
    gateway.on('GET /v1/roles', { json: { roles: [gated] } })
    await run('env')
    expect(shown[0]?.[0]?.hint).toBe('111111111111, Payments, needs approval, elevated')
  })

  it('is a usage failure where nobody can pick, before anything is sent', async () => {
    for (const isTty of [
      { ...TTY, stdin: false },
      { ...TTY, stderr: false },
    ]) {
      const { run, gateway } = await someoneWhoPicks('payments-dev/admin', isTty)
      for (const line of [['env'], ['exec', '--', 'aws'], ['console']]) expect((await run(...line)).exit).toBe(2)
      expect(gateway.asked).toEqual([])
    }
  })

  it('is picked while stdout goes to a pipe: eval "$(rolegate env)"', async () => {
    const { run } = await someoneWhoPicks('payments-dev/admin', { ...TTY, stdout: false })
    expect((await run('env')).out).toContain('export AWS_ACCESS_KEY_ID=')
  })

  it('is never asked for by credential-process', async () => {
    const { run, shown } = await someoneWhoPicks('payments-dev/admin')
    expect((await run('credential-process')).exit).toBe(2)
    expect(shown).toEqual([])
  })

  it('ends with 5 when there is none to pick', async () => {
    const { run, gateway, shown } = await someoneWhoPicks('payments-dev/admin')
    gateway.on('GET /v1/roles', { json: { roles: [] } })
    expect(await run('env')).toMatchObject({ exit: 5, err: expect.stringContaining('No role is open to you') })
    expect(shown).toEqual([])
  })

  it('ends with 130 when the choice is left, and borrows nothing', async () => {
    const leave = new AbortController()
    const { run, asked } = await signedIn({
      isTty: TTY,
      interrupted: leave.signal,
      pick: async () => {
        leave.abort()
        return Promise.reject(new Error('left'))
      },
    })
    expect(await run('env')).toEqual({ exit: 130, out: '', err: '' })
    expect(asked('POST /v1/credentials')).toEqual([])
  })
})
