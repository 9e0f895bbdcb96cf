import { compileRules, type RuleIndex } from '../domain/entitlement/compile.ts'
import { imaginedCircumstances, type Circumstances } from '../domain/entitlement/conditions.ts'
import { decide, type Decision } from '../domain/entitlement/decide.ts'
import type { Principal } from '../domain/sign-in/principal.ts'
import type { Config } from './config.ts'
import type { Path } from './faults.ts'
import type { ConfigFile } from './schema.ts'

/** One question of `tests:`, and what the rules say to it. */
export type Answer = {
  readonly path: Path
  readonly expects: 'can' | 'cannot'
  readonly role: string
  readonly because: string
  /** What is wrong with it; absent when it is as the file says. */
  readonly wrong?: string
}

/** Asks the rules every question of `tests:`, by the same `decide` that answers people. */
export function runInFileTests({ tests }: ConfigFile, { mapping, workloads }: Config): readonly Answer[] {
  const index = compileRules(mapping)
  return tests.flatMap(({ as, can, cannot }, number) => {
    const person = personOf(as) ?? jobOf(as, workloads)
    const circumstances = imaginedCircumstances(as, new Date(0))
    const asked = (expects: 'can' | 'cannot', roles: readonly string[]): Answer[] =>
      roles.map((role, place) => {
        const decision = answer(index, person, role, circumstances)
        const wrong = wrongAnswer(expects, role, decision)
        const path = ['tests', number, expects, place]
        return { path, expects, role, because: becauseOf(decision), ...(wrong !== undefined && { wrong }) }
      })
    return [...asked('can', can), ...asked('cannot', cannot)]
  })
}

type Who = ConfigFile['tests'][number]['as']

const NOBODY = { subjectClaim: 'sub', subject: 'in-file-test', username: 'in-file-test', claims: {} }

const personOf = ({ idp, groups }: Who): Principal | undefined =>
  idp === undefined
    ? undefined
    : { ...NOBODY, idp, issuer: idp, groups: { state: 'stated', names: [...new Set(groups)] } }

/**
 * Claims for which `require` allows a single value are filled in, since every job of that entry states them; the test
 * says the rest.
 */
function jobOf({ workload = '', claims }: Who, workloads: Config['workloads']): Principal {
  const { require = {} } = workloads.find(({ mapping }) => mapping.id === workload)?.mapping ?? {}
  const pinned = Object.entries(require).flatMap(([name, [value, ...others]]) =>
    value === undefined || others.length > 0 ? [] : [[name, value] as const],
  )
  return {
    ...NOBODY,
    idp: workload,
    issuer: workload,
    groups: { state: 'stated', names: [] },
    claims: { ...Object.fromEntries(pinned), ...claims },
    workload: true,
  }
}

function answer(index: RuleIndex, person: Principal, target: string, circumstances: Circumstances): Decision {
  const [alias = '', key = ''] = target.split('/')
  const role = index.target(alias, key)
  return role === undefined ? { allowed: false, code: 'not_entitled' } : decide(index, person, role, circumstances)
}

function becauseOf(decision: Decision): string {
  if (decision.allowed) return `by rule ${decision.entitlement.via[0]?.rule}`
  if ('entitlement' in decision) return `given by rule ${decision.entitlement.via[0]?.rule}, which asks for more`
  return decision.code === 'denied_by_rule' ? `closed by rule ${decision.rule}` : 'no rule grants it'
}

function wrongAnswer(expected: 'can' | 'cannot', target: string, decision: Decision): string | undefined {
  if (decision.allowed) {
    return expected === 'can'
      ? undefined
      : `${target} is open to this person by rule ${decision.entitlement.via[0]?.rule}`
  }
  if (expected === 'cannot') return undefined
  if ('entitlement' in decision) {
    const { unmet, via } = decision.entitlement
    const asked = [...new Set(unmet.map(({ condition }) => condition))].join(', ')
    return `${target} is given to this person by rule ${via[0]?.rule}, and not open: it asks for ${asked}`
  }
  return decision.code === 'denied_by_rule'
    ? `${target} is closed to this person by rule ${decision.rule}`
    : `${target} is not open to this person: no rule grants it`
}
