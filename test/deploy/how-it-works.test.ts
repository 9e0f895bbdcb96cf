import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEVICE_LOGIN_SECONDS } from '../../src/domain/device/device-login.ts'
import { LEAST_SECONDS, MOST_SECONDS } from '../../src/domain/entitlement/duration.ts'
import {
  LEAST_APPROVAL_SECONDS,
  MOST_APPROVAL_SECONDS,
  REQUEST_SECONDS,
} from '../../src/domain/request/role-request.ts'
import { ATTEMPT_SECONDS } from '../../src/domain/sign-in/attempt.ts'
import { STEP_UP_SECONDS } from '../../src/domain/sign-in/step-up.ts'
import { A_FILE, load } from '../config/a-file.ts'

const page = readFileSync('docs/explanation/how-it-works.md', 'utf8')
const UNITS = { minute: 60, hour: 3600, day: 86_400 }

/** The lengths that the row about this says, in seconds, in its order. */
function lengthsOf(what: string): readonly number[] {
  const row = page.split('\n').find((line) => line.startsWith('|') && line.includes(what))
  return [...((row ?? '').split('|')[2] ?? '').matchAll(/(\d+|a) (minute|hour|day)s?/g)].map(
    ([, count, unit]) => (count === 'a' ? 1 : Number(count)) * UNITS[unit as keyof typeof UNITS],
  )
}

describe('docs/explanation/how-it-works.md', () => {
  it('says how long sign-ins, groups and terminals last, unless the file says otherwise', () => {
    const { browser, cli, oldestGroups } = load(A_FILE).config.sessions
    expect(lengthsOf('a sign-in in the browser')).toEqual([browser.absoluteSeconds, browser.idleSeconds])
    expect(lengthsOf('the groups by which')).toEqual([oldestGroups.usual, oldestGroups.elevated])
    expect(lengthsOf('signed in through its browser')).toEqual([cli.refreshSeconds])
    expect(lengthsOf('signed in with a code')).toEqual([cli.device.maxSeconds])
    expect(lengthsOf('its access token')).toEqual([cli.accessSeconds])
  })

  it('says how long the rest lasts', () => {
    expect(lengthsOf('the way to the IdP')).toEqual([ATTEMPT_SECONDS])
    expect(lengthsOf('a code to sign a terminal in')).toEqual([DEVICE_LOGIN_SECONDS])
    expect(lengthsOf('a fresh sign-in')).toEqual([STEP_UP_SECONDS])
    expect(lengthsOf('a request for a role')).toEqual([REQUEST_SECONDS])
    expect(lengthsOf('an approval')).toEqual([LEAST_APPROVAL_SECONDS, MOST_APPROVAL_SECONDS])
    expect(lengthsOf('a role session')).toEqual([LEAST_SECONDS, MOST_SECONDS])
  })
})
