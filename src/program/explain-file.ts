import { failure } from '../cli/failure.ts'
import { cleanJson } from '../cli/server-text.ts'
import type { ImaginedAsk } from '../cli/world.ts'
import { closingBy } from '../domain/device/closing.ts'
import { compileRules } from '../domain/entitlement/compile.ts'
import { asRolegateError, RolegateError } from '../domain/errors.ts'
import { inWordsForStaff } from '../http/explanation.ts'
import { ImaginedBody } from '../http/imagined.ts'
import { makeExplainAs } from '../usecases/admin/explain-as.ts'
import { readConfigFile } from './read-config.ts'

/**
 * What `POST /v1/explain` would answer an operator if this file were in force. Reads no secret; settings allowed only
 * in development are accepted, since nothing is served by it.
 */
export function explainFile(file: string, { role, as }: ImaginedAsk): unknown {
  const loaded = readConfigFile(file, { insecureDev: true, purpose: 'check', withoutSecrets: true })
  if (loaded === undefined) throw failure('config_invalid', { title: `${file} does not load` })
  const { config, hash } = loaded
  const index = compileRules(config.mapping)
  const explainAs = makeExplainAs({
    rules: () => index,
    idps: new Set(config.idps.map(({ id }) => id)),
    absoluteSeconds: config.sessions.browser.absoluteSeconds,
    groupNames: config.groupNames,
    // Nobody is signed in at a file, nor has anybody approved anything.
    findSignedIn: async () => Promise.reject(new RolegateError('role_unknown')),
    requestsOf: { about: async () => [], all: async () => [] },
    closing: closingBy({ console: true, except: new Set() }),
    hash,
    now: () => new Date(),
  })
  const somebody = ImaginedBody.safeParse(as)
  if (!somebody.success) {
    const field = String(somebody.error.issues[0]?.path[0])
    throw failure('invalid_request', {
      title: `The value of --${field === 'groups' ? 'as-groups' : field} is malformed`,
    })
  }
  try {
    // As an answer of a gateway is, at its edge.
    return cleanJson(
      inWordsForStaff(explainAs.explain(role, somebody.data), (idp, group) => config.groupNames.get(idp)?.get(group)),
    )
  } catch (thrown) {
    const { code, values } = asRolegateError(thrown)
    if (code === 'role_unknown')
      throw failure(code, { title: `${file} has no role ${role}`, next: 'A ROLE is alias/role.' })
    const { known } = values
    if (!Array.isArray(known)) throw thrown
    throw failure(code, { title: `${file} has no IdP ${as.idp}`, detail: `It has: ${known.join(', ')}.` })
  }
}
