import type { AwaitedAssertion } from '../../domain/aws/assertion.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { AssertionSource } from '../../usecases/ports/identity-provider.ts'
import { bareField } from './message.ts'
import { makeMessages, type OurSide } from './messages.ts'
import type { AcceptedAssertion } from './profile.ts'
import { require } from './refusal.ts'
import type { Trip } from './trip.ts'

const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes/'

/**
 * The IdP's assertions for AWS, by SAML (threats.md F7). We ask in AWS's name and have the answer sent to a door of ours; all but
 * that door is AWS's: audience, recipient, and the roles it names. It must come in the clear, since AWS gets it as it is.
 */
export function makeForAws({ us, acs, trip }: { us: OurSide; acs: string; trip: Trip }): AssertionSource {
  return {
    begin(attemptId, awaited) {
      const { audience: entityId } = requireSaml(awaited)
      return trip.ask(makeMessages({ ...us, entityId, acs }), { attemptId, isFresh: false })
    },

    async complete(answer, pending, awaited) {
      const { roleArn, providerArn, audience, recipient } = requireSaml(awaited)
      const addressed = { audience, recipient, destination: acs }
      const { accepted, response } = await trip.read(answer, pending, { ...addressed, keys: [], isFresh: false })
      const pairs = valuesOf(accepted, 'Role')
      require(pairs.includes(`${roleArn},${providerArn}`) || pairs.includes(`${providerArn},${roleArn}`), 'aws_role')
      return {
        assertion: { kind: 'saml', response: bareField(response), providerArn, byIdp: true },
        claims: accepted,
        issuedAt: accepted.issuedAt,
        names: {
          sessionName: valuesOf(accepted, 'RoleSessionName')[0] ?? null,
          sourceIdentity: valuesOf(accepted, 'SourceIdentity')[0] ?? null,
        },
      }
    },
  }
}

function requireSaml(awaited: AwaitedAssertion): Extract<AwaitedAssertion, { kind: 'pass_through_saml' }> {
  if (awaited.kind !== 'pass_through_saml') throw new RolegateError('config_invalid', {}, { reason: awaited.kind })
  return awaited
}

/** The names are AWS's and case-sensitive: aws.md §4. */
function valuesOf({ claims }: AcceptedAssertion, name: string): readonly string[] {
  const value = Object.hasOwn(claims, ATTRIBUTES + name) ? claims[ATTRIBUTES + name] : []
  return [value].flat().filter((one): one is string => typeof one === 'string')
}
