import * as z from 'zod'
import { duration, freeText, line, name } from './fields.ts'

/** Signatures of issuers of jobs; HMAC and `none` are not among them (security.md O-2). */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const

const exact = z
  .string({ error: ({ input }) => (typeof input === 'number' ? 'must be text: put it in quotes' : undefined) })
  .min(1, 'must not be empty')
  .max(1000, 'must be at most 1000 characters')
  .refine((text) => !/\p{Cc}/u.test(text), 'must not hold control characters')

const claimName = z.string().regex(/^[A-Za-z0-9_:/.#@-]{1,200}$/, 'must be the name of one top-level claim')

/** What an imagined token states. */
export const statedClaims = z.record(claimName, exact)

/** `claim: value` or `claim: [values]`: the claim must have one of them, exactly. */
export const claimValues = z.record(
  claimName,
  z.union([exact, z.array(exact).min(1, 'must not be empty')], {
    error: ({ input }) =>
      typeof input === 'number' ? 'must be text: put it in quotes' : 'must be a value or a list of values, as text',
  }),
)

export const workload = z.strictObject({
  id: name.describe('Its name in rules and in the audit trail; unlike every IdP’s.'),
  label: freeText.optional().describe('What errors call it; default the id.'),
  issuer: line.describe('Its issuer URL, exactly as its tokens state it.'),
  audience: line
    .optional()
    .describe(
      '`aud` of tokens that jobs trade at /oauth/token; default `{public_url}/workloads`. Nobody signs in with it.',
    ),
  container_audience: line
    .optional()
    .describe('`aud` of tokens that containers show at their own address; default `{public_url}/containers`.'),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1, 'must not be empty')
    .default(['RS256', 'ES256'])
    .describe('Signature algorithms we take from it. Never `none`, never HMAC (HS256 and its like).'),
  allow: z
    .strictObject({
      http: z
        .boolean()
        .default(false)
        .describe('Plain http toward this issuer: on loopback, with --insecure-dev only.'),
    })
    .prefault({})
    .describe('Exceptions, for development.'),
  require: claimValues
    .refine((claims) => Object.keys(claims).length > 0, 'must not be empty')
    .describe('Claims and the exact value, or values, each must have. Issuers that serve everybody need certain ones.'),
  max: duration('15m', '1h').prefault('1h').describe('Longest session of a job, which is never renewed.'),
})

export type WorkloadEntry = z.output<typeof workload>
