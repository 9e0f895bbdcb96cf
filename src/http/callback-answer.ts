import { urlencoded } from 'express'

/** contract.md, ACS limits: 900 honest groups make 121 kB (idps.md). */
export const samlForm = urlencoded({ extended: false, limit: '384kb', parameterLimit: 20, inflate: false })

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
