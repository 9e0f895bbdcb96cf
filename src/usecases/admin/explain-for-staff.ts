import type { RequestFacts } from '../../domain/audit/facts.ts'
import { asRolegateError } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit } from '../ports.ts'
import type { ExplainAs, FoundPerson } from './explain-as.ts'
import type { RequireStanding } from './require-standing.ts'

/** What an operator or auditor may ask, by their session. Fails as `requireStanding` does. */
export type ExplainForStaff = (session: GatewaySession, door: 'page' | 'api', request: RequestFacts) => ExplainAs

/**
 * Answers about people who are signed in, with a record of each question, whether they are found or not: otherwise one
 * could try names until one has a list of everybody.
 */
export function makeExplainForStaff(deps: {
  requireStanding: RequireStanding
  explainAs: ExplainAs
  audit: Audit
}): ExplainForStaff {
  const { explainAs } = deps
  return function explainForStaff(session, door, request) {
    deps.requireStanding(session, door)

    async function onRecord<Story extends { readonly person: FoundPerson }>(
      { name, role }: { readonly name: string; readonly role?: string },
      telling: Promise<Story>,
    ): Promise<Story> {
      const asked = { askedName: name, ...(role !== undefined && { role }) }
      const record = { event: 'person_looked_up', request, principal: session.principal, session, ...asked } as const
      try {
        const story = await telling
        await deps.audit({ ...record, foundIdp: story.person.idp, foundSubject: story.person.subject })
        return story
      } catch (thrown) {
        const { code } = asRolegateError(thrown)
        if (code !== 'audit_unavailable') await deps.audit({ ...record, code })
        throw thrown
      }
    }

    return {
      ...explainAs,
      explainPerson: async (role, named) => onRecord({ name: named.name, role }, explainAs.explainPerson(role, named)),
      rolesOfPerson: async (named) => onRecord({ name: named.name }, explainAs.rolesOfPerson(named)),
    }
  }
}
