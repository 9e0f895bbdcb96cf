import { RolegateError } from '../errors.ts'

/** Why AWS was not asked at all: too many ask it at once (threats.md P7), or it is taken to be down (security.md V-8). */
export type WhyNotAsked = 'too_many_at_once' | 'not_asked_while_down'

const WHY: ReadonlySet<string> = new Set<WhyNotAsked>(['too_many_at_once', 'not_asked_while_down'])

export const notAsked = (reason: WhyNotAsked, retryAfterSeconds: number): RolegateError =>
  new RolegateError('aws_unavailable', { retryAfterSeconds, why: reason }, { reason })

/** Whether it failed before AWS heard anything of it. */
export const wasNotAsked = ({ code, reason = '' }: RolegateError): boolean =>
  code === 'aws_unavailable' && WHY.has(reason)
