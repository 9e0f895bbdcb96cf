import { urlencoded, type RequestHandler } from 'express'
import { blockOf, networkOf } from '../domain/device/network.ts'
import { RolegateError } from '../domain/errors.ts'
import { makeFairRoom } from './fair-room.ts'
import { factsOf } from './request-facts.ts'

/** contract.md, ACS limits: 900 honest groups make 121 kB (idps.md). */
const readForm = urlencoded({ extended: false, limit: '384kb', parameterLimit: 20, inflate: false })
/** Some 150 MB of such forms: an honest one is there in less than a second. */
const MOST_COMING = 400
/** Of one network. */
const MOST_COMING_FROM_ONE = 40

/**
 * Reads what a SAML IdP has a browser post. Anybody may begin to send so much and never end: of such forms a few are waited for at
 * once, and of one network fewer (security.md V-2, V-4, V-14). Where all places are taken, a newcomer gets one of those who hold
 * most, so that strangers with many addresses keep nobody out. Fails with `rate_limited`.
 */
export function makeSamlForm(): RequestHandler {
  const room = makeFairRoom({ most: MOST_COMING, mostOfOne: MOST_COMING_FROM_ONE })
  const tooMany = () => new RolegateError('rate_limited', { retryAfterSeconds: 5 })

  return (req, res, next) => {
    const { address } = factsOf(res)
    let isOver = false
    const end = (failure?: unknown) => {
      if (isOver) return
      isOver = true
      leave?.()
      next(failure)
    }
    const leave = room.enter({ network: networkOf(address), group: blockOf(address) }, () => {
      // What has come of it is let go with the connection.
      res.set('connection', 'close')
      end(tooMany())
    })
    if (leave === undefined) throw tooMany()
    readForm(req, res, end)
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
