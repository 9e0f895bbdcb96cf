import { describe, expect, it } from 'vitest'
import { LENT } from './fake-gateway.ts'
import { aTerminal, signedIn } from './fake-terminal.ts'

const ROLE = 'payments-dev/readonly'
const CREDENTIALS = 'POST /v1/credentials'

describe('durations', () => {
  it.each([
    { typed: '60', says: 'names no unit' },
    { typed: '3600', says: '3600s, 3600m or 3600h' },
    { typed: 'soon', says: 'is no duration' },
    { typed: '5m', says: 'at least 15m' },
    { typed: 'until 9:10', says: '“until 9:10” is 10m from now. AWS lends for at least 15m' },
    { typed: 'until 25:00', says: 'names no time: write until 18:00' },
    { typed: 'until', says: 'names no time: write until 18:00' },
    { typed: '13h', says: 'AWS lends for at most 12h' },
    { typed: 'until 9:00', says: '“until 9:00” is 24h from now. AWS lends for at most 12h' },
  ])(
    '$typed is a usage error, from the flag, and a configuration error from ROLEGATE_DURATION',
    async ({ typed, says }) => {
      const flag = await signedIn()
      expect(await flag.run('env', ROLE, '-d', typed)).toMatchObject({ exit: 2, err: expect.stringContaining(says) })
      const variable = await signedIn({ env: { ROLEGATE_DURATION: typed } })
      expect(await variable.run('env', ROLE)).toMatchObject({ exit: 3, err: expect.stringContaining(says) })
      expect([...flag.gateway.asked, ...variable.gateway.asked]).toEqual([])
    },
  )

  it.each([
    { line: ['-d', 'until 18:00'], seconds: 9 * 3600 },
    { line: ['-d', 'until', '18:00'], seconds: 9 * 3600 },
    { line: ['--duration', 'until', '21:00'], seconds: 12 * 3600 },
    { line: ['--duration=until 18:00'], seconds: 9 * 3600 },
    { line: ['--duration=until', '18:00'], seconds: 9 * 3600 },
  ])('$line is asked for as $seconds seconds, at nine o’clock', async ({ line, seconds }) => {
    for (const command of ['env', 'credential-process', 'exec']) {
      const { run, asked } = await signedIn()
      await run(command, ROLE, ...line, ...(command === 'exec' ? ['--', 'until', '18:00'] : []))
      expect(asked(CREDENTIALS)).toEqual([{ role: ROLE, seconds }])
    }
  })

  it('reads until 18:00 by the clock of the person’s own zone, from ROLEGATE_DURATION too', async () => {
    const { run, asked } = await signedIn({ timeZone: 'Europe/Berlin', env: { ROLEGATE_DURATION: 'until 18:00' } })
    await run('env', ROLE)
    expect(asked(CREDENTIALS)).toEqual([{ role: ROLE, seconds: 8 * 3600 }])
  })

  it.each([
    ['Europe/Berlin', { timeZone: 'Europe/Berlin' }],
    ['UTC', {}],
    ['Etc/UTC', {}],
    ['GMT', {}],
  ])('in %s says its zone with a length that it leaves to the role: %j', async (timeZone, said) => {
    const { run, gateway, asked } = await signedIn({ timeZone })
    const url = `${gateway.origin}/console`
    gateway.on('POST /v1/console', { json: { url, expiration: LENT.expiration, seconds: 3600, limitedBy: 'default' } })
    await run('env', ROLE)
    await run('console', ROLE, '--print')
    await run('env', ROLE, '-d', '1h')
    expect(asked(CREDENTIALS)).toEqual([
      { role: ROLE, ...said },
      { role: ROLE, seconds: 3600 },
    ])
    expect(asked('POST /v1/console')).toEqual([{ role: ROLE, ...said }])
  })

  it('says when the gateway lends for less than asked, and what limited it', async () => {
    const { gateway, run } = await signedIn({ env: { ROLEGATE_DURATION: '3h' } })
    gateway.on(CREDENTIALS, { json: { ...LENT, seconds: 5400, limitedBy: 'role' } })
    expect((await run('env', ROLE)).err).toBe('Shortened to 1h30m, by: role.\n')
  })

  it.each(['eu west', 'x;reboot', '$(x)'])('a region %s is refused before anybody is asked', async (region) => {
    const { run, gateway } = await signedIn()
    expect((await run('env', ROLE, '-r', region)).exit).toBe(2)
    const parent = aTerminal({ env: { AWS_REGION: region } })
    parent.signIn(gateway.origin)
    expect((await parent.run('env', ROLE)).exit).toBe(3)
    expect(gateway.asked).toEqual([])
  })
})

describe('--reason', () => {
  it.each(['env', 'exec', 'credential-process'])('%s sends it as it is meant', async (command) => {
    const { run, asked } = await signedIn()
    await run(command, ROLE, '--reason', ' INC-7: disk full ', ...(command === 'exec' ? ['--', 'true'] : []))
    expect(asked(CREDENTIALS)).toEqual([{ role: ROLE, reason: 'INC-7: disk full' }])
  })

  it('console --print sends it too, and without --print the page asks', async () => {
    const { run, gateway, asked } = await signedIn()
    const url = `${gateway.origin}/console`
    gateway.on('POST /v1/console', { json: { url, expiration: LENT.expiration, seconds: 3600, limitedBy: 'default' } })
    await run('console', ROLE, '--print', '--reason', 'INC-7')
    expect(asked('POST /v1/console')).toEqual([{ role: ROLE, reason: 'INC-7' }])
    expect(await run('console', ROLE, '--reason', 'INC-7')).toMatchObject({ exit: 2 })
  })

  it.each(['', '  ', 'two\nlines', '\u0007', 'x'.repeat(201)])(
    '%j is refused before anybody is asked',
    async (reason) => {
      const { run, gateway } = await signedIn()
      expect((await run('env', ROLE, '--reason', reason)).exit).toBe(2)
      expect(gateway.asked).toEqual([])
    },
  )

  it('keeps what was lent for one reason from a line that gives another', async () => {
    const { run, asked } = await signedIn()
    for (const reason of ['INC-1', 'INC-1', 'INC-2']) await run('credential-process', ROLE, '--reason', reason)
    expect(asked(CREDENTIALS)).toEqual([
      { role: ROLE, reason: 'INC-1' },
      { role: ROLE, reason: 'INC-2' },
    ])
  })
})
