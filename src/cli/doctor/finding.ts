import { failureLines, saidOf } from '../failure.ts'
import { oneLine } from '../server-text.ts'

/** One thing the doctor looked at. */
export type Finding = {
  readonly check: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly says: string
  /** What to do about it. */
  readonly next?: string
}

export const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says })
export const warn = (check: string, says: string, next: string): Finding => ({ check, state: 'warn', says, next })
export const fail = (check: string, says: string, next: string): Finding => ({ check, state: 'fail', says, next })

/** A failure as a finding, in the words it would have ended a command with. */
export function failed(check: string, thrown: unknown): Finding {
  const { next } = saidOf(thrown)
  const says = (failureLines(thrown)[0] ?? '').replace(/^error: /, '')
  return { check, state: 'fail', says, ...(next !== undefined && { next: oneLine(next) }) }
}
