import { isIP } from 'node:net'
import * as z from 'zod'
import { NAME } from '../domain/name.ts'
import { parseDuration, printDuration } from '../domain/entitlement/duration.ts'
import { parseUntil } from '../domain/entitlement/until.ts'

export const name = z.string().regex(NAME, 'must be a name: lower-case letters, digits and "-", at most 63 characters')

/** Environments and tags: what `env:` and `tag:` select. */
export const label = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
    'must be a word of letters, digits, "_", "." and "-", at most 63 characters',
  )

/** Text that people read on pages and in tables: no control characters, nothing that turns the reading direction. */
export const freeText = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'must be at most 200 characters')
  .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(text), 'must not hold control characters')

/** A path, a URL, a client id: one line of plain text. */
export const line = z
  .string()
  .min(1, 'must not be empty')
  .max(2000, 'must be at most 2000 characters')
  .refine((text) => !/\p{Cc}/u.test(text), 'must not hold control characters')
  .refine(
    (text) => !/\$\{[A-Za-z_][A-Za-z0-9_.:-]*\}/.test(text),
    'is taken as it stands, and ${…} is filled in by nobody; a secret has a key beside it that ends in _env or _file',
  )

/** A group as the IdP spells it; as long as a sign-in may state (domain/sign-in/claims.ts). */
export const group = z.string().min(1, 'must not be empty').max(256, 'must be at most 256 characters')

export const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of an environment variable')

export const port = z.int().min(0, 'must be a port: 0 to 65535').max(65535, 'must be a port: 0 to 65535')

export const host = z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'must be a host name or an IP address, without a port')

export const region = z
  .string()
  .regex(/^[a-z]{2,8}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$/, 'must be an AWS region such as eu-central-1')

/** `claims.oid`: one top-level claim. */
export const claimPath = z
  .string()
  .regex(/^claims\.[A-Za-z0-9_:/.#@-]{1,200}$/, 'must name one claim, as in claims.sub')
  .transform((text) => text.slice('claims.'.length))

/** `attributes.uid` or `nameid`: one statement of a SAML assertion. */
export const attributePath = z
  .string()
  .regex(
    /^(?:nameid|attributes\.[A-Za-z0-9_:/.#@ -]{1,200})$/,
    'must name one attribute, as in attributes.uid, or nameid',
  )
  .transform((text) => text.replace(/^attributes\./, ''))

/** A moment that is the same everywhere: with `Z`, or with an offset. */
export const moment = z
  .string()
  .refine(
    (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
    'must be a moment such as 2026-03-02T08:00:00Z or 2026-03-02T09:00:00+01:00',
  )
  .transform((text) => new Date(text))

export const address = z.string().refine((text) => isIP(text) !== 0, 'must be an IP address')

/** One value or a list of them. */
export const oneOrMore = (what: string) =>
  z.union(
    [
      z.string().min(1, 'must not be empty'),
      z.array(z.string().min(1, 'must not be empty')).min(1, 'must not be empty'),
    ],
    {
      error: ({ input }) => (input === undefined ? 'is missing' : `must be ${what}, or a list of them`),
    },
  )

const SHAPE = /^(?=[0-9])([0-9]{1,4}h)?([0-9]{1,5}m)?([0-9]{1,6}s)?$/

/** A duration as people type it, between two bounds; its output is seconds. `because` says what a shorter one breaks. */
export const duration = (least: string, most: string, because = '') =>
  z
    .string({
      error: ({ input }) => (typeof input === 'number' ? 'must name its unit, as in 15m or 1h30m' : undefined),
    })
    .regex(SHAPE, 'must be a duration such as 15m, 3h or 1h30m')
    .transform((text, context) => {
      const seconds = parseDuration(text) ?? 0
      if (seconds < secondsOf(least)) {
        context.addIssue(`must be at least ${least}, and is ${printDuration(seconds)}${because && `: ${because}`}`)
      }
      if (seconds > secondsOf(most)) context.addIssue(`must be at most ${most}, and is ${printDuration(seconds)}`)
      return seconds
    })

const DAY_SECONDS = 24 * 3600
const MOST_DAYS = 3660

/** A time in days, as `400d`; its output is seconds. */
export const days = z
  .string({ error: ({ input }) => (typeof input === 'number' ? 'must name its unit, as in 400d' : undefined) })
  .regex(/^[0-9]{1,6}d$/, 'must be a number of days, as in 400d')
  .transform((text, context) => {
    const count = Number(text.slice(0, -1))
    if (count < 1) context.addIssue('must be at least 1d')
    if (count > MOST_DAYS) context.addIssue(`must be at most ${MOST_DAYS}d; leave it out to keep everything`)
    return count * DAY_SECONDS
  })

/** A duration, or `until 19:00`. */
export const usualDuration = (least: string, most: string) =>
  z
    .string({
      error: ({ input }) => (typeof input === 'number' ? 'must name its unit, as in 15m or 1h30m' : undefined),
    })
    .transform((text, context): { readonly seconds: number } | { readonly until: number } => {
      const until = parseUntil(text)
      if (until !== undefined) return { until }
      if (text.startsWith('until')) {
        context.addIssue('must be a time of day, as in until 19:00')
        return { until: 0 }
      }
      const read = duration(least, most).safeParse(text)
      if (!read.success) for (const { message } of read.error.issues) context.addIssue(message)
      return { seconds: read.data ?? 0 }
    })

const secondsOf = (text: string): number => parseDuration(text) ?? 0
