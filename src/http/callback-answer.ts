import { urlencoded, type RequestHandler } from 'express'
import { networkOf } from '../domain/device/network.ts'
import { RolegateError } from '../domain/errors.ts'
import { factsOf } from './request-facts.ts'

/** contract.md, ACS limits: 900 honest groups make 121 kB (idps.md). */
const readForm = urlencoded({ extended: false, limit: '384kb', parameterLimit: 20, inflate: false })
/** Some 150 MB of such forms: an honest one is there in less than a second. */
const MOST_COMING = 400
/** Of one network. */
const MOST_COMING_FROM_ONE = 40

/**
 * Reads what a SAML IdP has a browser post. Anybody may begin to send so much and never end: of such forms a few are waited for at
 * once, and of one network fewer (security.md V-2, V-4, V-14). Fails with `rate_limited`.
 */
export function makeSamlForm(): RequestHandler {
  const coming = new Map<string, number>()
  let all = 0

  function count(network: string, change: 1 | -1): void {
    const now = (coming.get(network) ?? 0) + change
    all += change
    if (now === 0) coming.delete(network)
    else coming.set(network, now)
  }

  return (req, res, next) => {
    const network = networkOf(factsOf(res).address)
    if (all >= MOST_COMING || (coming.get(network) ?? 0) >= MOST_COMING_FROM_ONE)
      throw new RolegateError('rate_limited', { retryAfterSeconds: 5 })
    count(network, 1)
    readForm(req, res, (failure?: unknown) => {
      count(network, -1)
      next(failure)
    })
  }
}

/** The query with every name once, or undefined (security.md O-15, RFC 6749 §3.1). */
export function singleParameters(url: string): ReadonlyMap<string, string> | undefined {
  const at = url.indexOf('?')
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(at < 0 ? '' : url.slice(at + 1))) {
    if (parameters.has(name)) return undefined
    parameters.set(name, value)
  }
  return parameters
}

/** A form's fields, each once, or undefined (security.md S-38). */
export function singleFields(body: unknown): ReadonlyMap<string, string> | undefined {
  const fields = Object.entries((body ?? {}) as Record<string, unknown>)
  return fields.every((field): field is [string, string] => typeof field[1] === 'string') ? new Map(fields) : undefined
}
