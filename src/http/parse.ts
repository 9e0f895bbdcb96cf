import * as z from 'zod'
import { isReason } from '../domain/entitlement/conditions.ts'
import { LEAST_SECONDS, MOST_SECONDS } from '../domain/entitlement/duration.ts'
import { isTimeZone } from '../domain/entitlement/wall-clock.ts'
import { RolegateError } from '../domain/errors.ts'

/** A body or query as the schema says, or `invalid_request` with the first field that does not fit. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value ?? {})
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.')
  throw new RolegateError('invalid_request', { field: (field ?? '').slice(0, 60) || 'the body' })
}

/** How long somebody wants a role, in seconds; the limits are the story's. */
export const Seconds = z.int().min(LEAST_SECONDS).max(MOST_SECONDS)
/** The same from a form, where everything is text and an empty field means "the default". */
export const SecondsText = z
  .string()
  .regex(/^\d{0,5}$/)
  .transform((text) => (text === '' ? undefined : Number(text)))
  .pipe(Seconds.optional())

/** What a browser calls its own time zone. It is a hint: one that we do not know counts as none. */
export const TimeZoneText = z
  .string()
  .max(64)
  .transform((text) => (isTimeZone(text) ? text : undefined))

/** Why somebody wants a role: one line, which goes on record. */
export const Reason = z.string().trim().refine(isReason)
/** The same from a form, where an empty field means none. */
export const ReasonText = z
  .string()
  .transform((text) => (text.trim() === '' ? undefined : text))
  .pipe(Reason.optional())
