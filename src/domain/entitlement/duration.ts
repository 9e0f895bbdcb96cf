import { RolegateError } from '../errors.ts'
import type { RoleTarget, Usual } from './rule.ts'
import { secondsUntil } from './until.ts'

/** AWS lends for no less (STS API, DurationSeconds). */
export const LEAST_SECONDS = 900
/** Nor for more. */
export const MOST_SECONDS = 43_200
const USUAL_SECONDS = 3600

/** What there is to lend, and for how long at most. */
type Lendable = {
  readonly target: Pick<RoleTarget, 'kind'>
  readonly maxSeconds: number
  readonly limitedBy: 'role' | 'rule'
  /** What it rests on beside groups, and outlives at no time. */
  readonly approval?: { readonly until: Date }
}

/** How long the role session will last, and what set it. */
export type Duration = {
  readonly seconds: number
  readonly limitedBy: 'requested' | 'default' | 'role' | 'rule' | 'sign-in' | 'approval'
}

/**
 * The one computation of a role session's length: min(asked, role, rule, what is left of the sign-in, and of an approval). Under 900
 * seconds left fails with `sign_in_required`, or `approval_required`, before STS is asked; nothing is ever rounded up (threats.md H4).
 */
export function durationOf(
  entitlement: Lendable,
  {
    seconds: asked,
    leastUsualSeconds = 0,
    timeZone,
  }: {
    readonly seconds?: number
    readonly leastUsualSeconds?: number
    /** Of whoever asks, where their browser or their terminal says it. */
    readonly timeZone?: string
  },
  session: { readonly endsAt: Date },
  now: Date,
): Duration {
  const left = Math.floor((session.endsAt.getTime() - now.getTime()) / 1000)
  if (left < LEAST_SECONDS) throw new RolegateError('sign_in_required', { why: 'grant_ending' })

  const approved = secondsLeft(entitlement, now)
  if (approved < LEAST_SECONDS) throw approvalEnding()

  const wanted: Duration =
    asked === undefined
      ? {
          seconds: Math.max(usualSeconds(entitlement.target.kind.usual, now, timeZone), leastUsualSeconds),
          limitedBy: 'default',
        }
      : { seconds: asked, limitedBy: 'requested' }
  const limits: readonly Duration[] = [
    wanted,
    { seconds: entitlement.maxSeconds, limitedBy: entitlement.limitedBy },
    { seconds: left, limitedBy: 'sign-in' },
    { seconds: approved, limitedBy: 'approval' },
  ]
  return limits.reduce((least, limit) => (limit.seconds < least.seconds ? limit : least))
}

/** Of the approval that it rests on; for ever where it rests on none. */
export const secondsLeft = ({ approval }: Pick<Lendable, 'approval'>, now: Date): number =>
  approval === undefined ? Number.POSITIVE_INFINITY : Math.floor((approval.until.getTime() - now.getTime()) / 1000)

/** There is an approval, and too little of it. */
export const approvalEnding = (): RolegateError =>
  new RolegateError('approval_required', { why: 'approval_ending' }, { reason: 'approval_ending' })

/**
 * If that time of day is closer than the shortest session AWS lends, tomorrow's is meant. The limits cut it as usual.
 */
function usualSeconds(usual: Usual | undefined, now: Date, timeZone: string | undefined): number {
  if (usual === undefined) return USUAL_SECONDS
  if ('seconds' in usual) return usual.seconds
  const soonest = LEAST_SECONDS - 1
  return soonest + secondsUntil(usual.until, new Date(now.getTime() + soonest * 1000), timeZone ?? usual.timeZone)
}

const DURATION = /^(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/

/** Seconds of `15m`, `3h`, `1h30m`, `90s`; `undefined` for anything else, a bare number included: it names no unit. */
export function parseDuration(text: string): number | undefined {
  const [whole, hours = '0', minutes = '0', seconds = '0'] = DURATION.exec(text) ?? []
  if (whole === undefined || whole === '') return undefined
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}

/** `5400` → `1h30m`: the way durations are typed. */
export function printDuration(seconds: number): string {
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ]
  return parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('') || '0s'
}

/** Lengths to offer: the usual ones that fit, and the most there is. */
export function durationChoices(
  entitlement: Lendable,
  session: { readonly endsAt: Date },
  now: Date,
): readonly number[] {
  const { seconds: most } = durationOf(entitlement, { seconds: Number.MAX_SAFE_INTEGER }, session, now)
  const { seconds: usual } = durationOf(entitlement, {}, session, now)
  const whole = most - (most % 60)
  const fitting = [LEAST_SECONDS, 3600, 4 * 3600, 8 * 3600, 12 * 3600].filter((seconds) => seconds < whole)
  // What ends at a time of day is offered by its name, not by today's length.
  const named = entitlement.target.kind.usual !== undefined && 'until' in entitlement.target.kind.usual
  return [...new Set([...fitting, ...(named ? [] : [Math.min(usual, whole)]), whole])].toSorted((a, b) => a - b)
}
