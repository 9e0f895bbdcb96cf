import type { Principal } from '../sign-in/principal.ts'
import type { RuleIndex } from '../entitlement/compile.ts'
import type { Mapping, Rule } from '../entitlement/rule.ts'

/**
 * Whom rules are about, as the file can say it. Each is looked at alone, without whatever else such a person may hold.
 */
export type Selector =
  | { readonly kind: 'everyone'; readonly idp: string }
  | { readonly kind: 'group'; readonly idp: string; readonly group: string }
  | { readonly kind: 'pattern'; readonly idp: string; readonly pattern: string }
  | {
      readonly kind: 'workload'
      readonly workload: string
      readonly claims: Readonly<Record<string, readonly string[]>>
    }

/** `entra: Team`, `entra: everyone`, `okta: groups like ^aws\.…$`, `ci: jobs with ref=main`. */
export function printSelector(selector: Selector): string {
  switch (selector.kind) {
    case 'everyone':
      return `${selector.idp}: everyone`
    case 'group':
      return `${selector.idp}: ${selector.group}`
    case 'pattern':
      return `${selector.idp}: groups like ${selector.pattern}`
    case 'workload': {
      const claims = Object.entries(selector.claims).map(([name, values]) => `${name}=${values.join('|')}`)
      return `${selector.workload}: jobs${claims.length === 0 ? '' : ` with ${claims.join(', ')}`}`
    }
  }
}

/** Every selector that two mappings speak of, each once: everyone of an IdP first, then the others in the order of the files. */
export function selectorsOf(idps: readonly string[], mappings: readonly Mapping[]): readonly Selector[] {
  const rules = mappings.flatMap((mapping) => mapping.rules)
  const everyone = idps.map((idp): Selector => ({ kind: 'everyone', idp }))
  const found = [...everyone, ...rules.flatMap((rule) => selectorsIn(rule, idps))]
  return [...new Map(found.map((one) => [printSelector(one), one])).values()]
}

function selectorsIn({ match }: Rule, idps: readonly string[]): readonly Selector[] {
  if ('workload' in match) return [{ kind: 'workload', workload: match.workload, claims: match.claims }]
  const at = 'idp' in match ? [match.idp] : idps
  if ('groups' in match)
    return at.flatMap((idp) => match.groups.map((group) => ({ kind: 'group', idp, group }) as const))
  if ('pattern' in match) return at.map((idp) => ({ kind: 'pattern', idp, pattern: match.pattern.source }))
  return []
}

/**
 * The rules that meet somebody with this selector and nothing else, narrowed to what they open for it. A pattern stands
 * for every group it could fit, so for its whole fence.
 */
export function rulesMeeting(index: RuleIndex, selector: Selector): readonly Rule[] {
  switch (selector.kind) {
    case 'everyone':
      return index.met(nobody(selector.idp, [])).map(({ rule }) => rule)
    case 'group':
      return index.met(nobody(selector.idp, [selector.group])).map(({ rule }) => rule)
    case 'pattern':
      return index.mapping.rules.filter(
        ({ match }) =>
          isEverybodys(match, selector.idp) ||
          ('pattern' in match && match.idp === selector.idp && match.pattern.source === selector.pattern),
      )
    case 'workload': {
      const name = printSelector(selector)
      return index.mapping.rules.filter(
        ({ match }) =>
          ('everyone' in match && !('idp' in match)) ||
          ('workload' in match &&
            printSelector({ kind: 'workload', workload: match.workload, claims: match.claims }) === name),
      )
    }
  }
}

const isEverybodys = (match: Rule['match'], idp: string): boolean =>
  'everyone' in match && (!('idp' in match) || match.idp === idp)

/** Somebody of whom nothing else is known. */
const nobody = (idp: string, groups: readonly string[]): Principal => ({
  idp,
  issuer: idp,
  subject: 'somebody',
  subjectClaim: 'sub',
  username: 'somebody',
  groups: { state: 'stated', names: groups },
  claims: {},
})
