import { RolegateError } from '../domain/errors.ts'
import type { AuthenticateBearer } from '../usecases/device/authenticate-bearer.ts'
import { answerFor } from './answers.ts'
import { bearerIn, type AnswerCredentials } from './credentials.ts'
import type { HotRoute } from './hot-door.ts'
import type { OauthAnswers } from './oauth-answers.ts'
import { EXCHANGE_GRANT } from './offered-grants.ts'
import { oauthError } from './routes/oauth.ts'
import type { NoteRefusal } from './witness.ts'

const JSON_TYPE = /^application\/json(; ?charset=utf-8)?$/i
const FORM_TYPE = /^application\/x-www-form-urlencoded(; ?charset=utf-8)?$/i
const MOST_FIELDS = 20

/** Credentials, and a terminal's sign-in with its many polls. */
export const hotRoutes = (deps: {
  authenticateBearer: AuthenticateBearer
  answerCredentials: AnswerCredentials
  oauthAnswers: OauthAnswers
  noteRefusal: NoteRefusal
}): readonly HotRoute[] => [
  {
    path: '/v1/credentials',
    mostBytes: 16 * 1024,
    takes: JSON_TYPE,
    bearer: true,
    read: parseJson,
    answer: async ({ authorization, body, facts }) =>
      deps.answerCredentials(await deps.authenticateBearer(bearerIn(authorization)), body, facts),
  },
  {
    ...form,
    path: '/oauth/device_authorization',
    answer: ({ body, facts }) => deps.oauthAnswers.deviceAuthorization(body, facts),
  },
  {
    ...form,
    path: '/oauth/token',
    passes: (body) => (body as Record<string, unknown>)['grant_type'] === EXCHANGE_GRANT,
    answer: ({ body, facts }) => deps.oauthAnswers.token(body, facts),
    refuse(thrown, { requestId }) {
      if (!(thrown instanceof RolegateError) || thrown.code !== 'authorization_pending') return undefined
      const { status } = answerFor(thrown)
      deps.noteRefusal(thrown, requestId, status)
      return { status, body: oauthError(thrown) }
    },
  },
]

const form = { mostBytes: 8 * 1024, takes: FORM_TYPE, bearer: false, read: parseForm } as const

/** An object or a list, as Express's reader takes it. */
function parseJson(text: string): unknown {
  try {
    if (/^[\t\n\r ]*[{[]/.test(text)) return JSON.parse(text)
  } catch (cause) {
    throw new RolegateError('invalid_request', {}, { cause })
  }
  throw new RolegateError('invalid_request')
}

/** As Express's reader does: a field that comes twice is a list, which no field of ours may be. */
function parseForm(text: string): Record<string, string | string[]> {
  const fields = new URLSearchParams(text)
  if (fields.size > MOST_FIELDS) throw new RolegateError('payload_too_large')
  return Object.fromEntries(
    [...new Set(fields.keys())].map((name) => {
      const values = fields.getAll(name)
      return [name, values.length === 1 ? (values[0] ?? '') : values]
    }),
  )
}
