import { describe, expect, it } from 'vitest'
import type { EmergencyDeny } from '../../src/domain/emergency/emergency.ts'
import { printDenies } from '../../src/program/admin-list.ts'

const SINCE = '2026-11-22T03:05:59.123Z'
const MALLORY: EmergencyDeny = {
  aim: { kind: 'person', issuer: 'https://idp.example.com', subject: 'u-7', username: 'mallory@example.com' },
  since: SINCE,
  by: 'sam as root',
  reason: 'INC-4711: laptop stolen',
}
const GONE: EmergencyDeny = { aim: { kind: 'idp', idp: 'okta' }, since: SINCE, by: 'root', reason: 'its key leaked' }

describe('what rolegate admin list prints', () => {
  it('stands in columns, and says below a line who that is and what closes nothing', () => {
    expect(printDenies([MALLORY, GONE], ({ kind }) => kind === 'person').split('\n')).toEqual([
      'CLOSED                      SINCE                 BY           REASON',
      'person:mallory@example.com  2026-11-22 03:05 UTC  sam as root  INC-4711: laptop stolen',
      '  subject u-7 at https://idp.example.com',
      'idp:okta                    2026-11-22 03:05 UTC  root         its key leaked',
      '  closes nothing: neither the file nor the store knows it',
      '',
    ])
  })

  it('says so when nothing is closed', () => {
    expect(printDenies([], () => true)).toBe('nothing is closed.\n')
  })

  it('sends no terminal what a directory or a reason hides in its text', () => {
    const printed = printDenies([{ ...GONE, reason: 'x\u001b[2J\ny' }], () => true)
    expect([printed.includes('\u001b'), printed.split('\n').length]).toEqual([false, 3])
  })
})
