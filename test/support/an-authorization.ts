import { createHash, randomBytes } from 'node:crypto'
import type { Demo } from './a-demo.ts'
import { form, type Person } from './a-person.ts'

/** What a terminal with a browser beside it sends (RFC 7636, RFC 8252). */
export function anAuthorization(changes: Readonly<Record<string, string | undefined>> = {}) {
  const verifier = randomBytes(32).toString('base64url')
  const asked: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: 'rolegate-cli',
    redirect_uri: 'http://127.0.0.1:50123/callback',
    state: 'a-state-of-the-terminal',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  }
  const fields = Object.fromEntries(
    Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return { verifier, fields, path: `/oauth/authorize?${new URLSearchParams(fields).toString()}` }
}

export type Authorization = ReturnType<typeof anAuthorization>

/** What came to the terminal's address when this person said yes, or no. */
export async function answered(
  person: Person,
  { path, fields }: Authorization,
  decision: 'approve' | 'deny' = 'approve',
): Promise<URL> {
  const _csrf = await person.csrf(path)
  const answer = await person.post(path.replace(/\?.*/, ''), { ...fields, _csrf, decision }).expect(303)
  return new URL(answer.headers['location'] ?? '')
}

/** Trades a code as the terminal does. */
export const redeem = (
  demo: Pick<Demo, 'url'>,
  { verifier, fields }: Authorization,
  code: string,
  changes: Readonly<Record<string, string>> = {},
) =>
  form(demo, '/oauth/token', {
    grant_type: 'authorization_code',
    client_id: 'rolegate-cli',
    code,
    redirect_uri: fields['redirect_uri'] ?? '',
    code_verifier: verifier,
    ...changes,
  })

/** The access token of a terminal beside this person's browser. */
export async function aTerminalBeside(demo: Pick<Demo, 'url'>, person: Person): Promise<string> {
  const authorization = anAuthorization()
  const code = (await answered(person, authorization)).searchParams.get('code') ?? ''
  return ((await redeem(demo, authorization, code).expect(200)).body as { access_token: string }).access_token
}
