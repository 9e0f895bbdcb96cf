import { isIP } from 'node:net'
import * as z from 'zod'
import type { Imagined } from '../domain/admin/imagine.ts'
import { isReason } from '../domain/entitlement/conditions.ts'
import { parseDuration, printDuration } from '../domain/entitlement/duration.ts'

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/
const LONGEST_AGO = 24 * 3600

const Idp = z.string().min(1).max(63)

/** When, where and how somebody asks; what is left out is as the rules want it. */
const circumstances = {
  at: z
    .string()
    .refine((text) => MOMENT.test(text) && !Number.isNaN(Date.parse(text)))
    .transform((text) => new Date(text))
    .optional(),
  ip: z
    .string()
    .refine((text) => isIP(text) !== 0)
    .optional(),
  /** How long ago: `5m`. */
  mfa: z
    .union([
      z
        .string()
        .transform((text) => parseDuration(text) ?? -1)
        .refine((seconds) => seconds >= 0 && seconds <= LONGEST_AGO),
      z.literal(false),
    ])
    .optional(),
  reason: z.union([z.string().refine(isReason), z.literal(false)]).optional(),
}

/** Somebody imagined, in the words of a file's own tests. */
export const ImaginedBody = z.strictObject({
  idp: Idp,
  groups: z.array(z.string().min(1).max(256)),
  ...circumstances,
})

/** Somebody signed in, by user name, e-mail address or subject. */
export const NamedBody = z.strictObject({
  name: z.string().trim().min(1).max(320),
  idp: Idp.optional(),
  ...circumstances,
})

/** The same, said back. */
export const asSaid = ({ idp, groups, at, ip, mfa, reason }: Imagined) => ({
  idp,
  groups,
  ...(at !== undefined && { at }),
  ...(ip !== undefined && { ip }),
  ...(mfa !== undefined && { mfa: mfa === false ? mfa : printDuration(mfa) }),
  ...(reason !== undefined && { reason }),
})
