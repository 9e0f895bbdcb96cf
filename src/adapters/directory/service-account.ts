import { createPrivateKey, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { Now } from '../../usecases/ports.ts'
import type { FetchDirectoryToken } from '../../usecases/ports/identity-provider.ts'
import { DirectoryFailure, readJson, sendOrFail, own } from './ask.ts'

const signInPool = promisify(sign)
/** Long enough for the way there. */
const SECONDS = 300

/**
 * A token for Google's APIs with one scope: a service account signs with its key that it acts in somebody's name (RFC
 * 7523 §2.1). Throws DirectoryFailure.
 */
export function makeFetchServiceToken(deps: {
  account: { readonly email: string; readonly keyId?: string; readonly pem: string }
  impersonate: string
  scope: string
  tokenEndpoint: string
  fetch: typeof fetch
  now: Now
}): FetchDirectoryToken {
  const { account, tokenEndpoint } = deps
  const key = createPrivateKey(account.pem)
  const kid = account.keyId

  async function assertion(): Promise<string> {
    const iat = Math.floor(deps.now().getTime() / 1000)
    const claims = {
      iss: account.email,
      sub: deps.impersonate,
      scope: deps.scope,
      aud: tokenEndpoint,
      iat,
      exp: iat + SECONDS,
    }
    const signed = `${part({ alg: 'RS256', typ: 'JWT', ...(kid !== undefined && { kid }) })}.${part(claims)}`
    return `${signed}.${(await signInPool('sha256', Buffer.from(signed), key)).toString('base64url')}`
  }

  return async function fetchServiceToken() {
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: await assertion(),
    })
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await sendOrFail(deps.fetch, tokenEndpoint, { method: 'POST', headers, body })
    if (answer.status !== 200) throw new DirectoryFailure(`token_${await errorIn(answer)}`)
    const tokens = await readJson(answer)
    const [token, seconds] = [own(tokens, 'access_token'), own(tokens, 'expires_in')]
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw new DirectoryFailure('token_missing')
    return { token, seconds: typeof seconds === 'number' && seconds > 0 ? seconds : 0 }
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** RFC 6749 §5.2: the error's code, when it is one; its description is not repeated. */
async function errorIn(answer: Response): Promise<string> {
  const error = own(await readJson(answer).catch(() => ({})), 'error')
  return typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : `answered_${answer.status}`
}
