import { requireLengthAllowed } from './assume-role.ts'
import { lentContent, readAsked, requirePacked } from './assume-role-query.ts'
import type { Constraint, Parameters } from './parameters.ts'
import type { RedeemAssertion } from './redeem-assertion.ts'
import type { Content } from './xml.ts'

/** STS API, AssumeRoleWithSAML, "Request Parameters". */
const OWN: readonly Constraint[] = [
  { name: 'PrincipalArn', required: true, least: 20, most: 2048 },
  { name: 'SAMLAssertion', required: true, secret: true, least: 4, most: 100_000 },
]

/** AssumeRoleWithSAML. The assertion's own SessionDuration and SessionNotOnOrAfter can only shorten what is asked (aws.md §4). */
export function makeAssumeRoleWithSaml(deps: { redeemAssertion: RedeemAssertion; recipient: string }) {
  return async function assumeRoleWithSaml(parameters: Parameters, address: string): Promise<Content> {
    const asked = readAsked(parameters, OWN)
    const { session, assertion, nameQualifier } = await deps.redeemAssertion({
      operation: 'AssumeRoleWithSAML',
      address,
      roleArn: asked.roleArn,
      principalArn: parameters.get('PrincipalArn') ?? '',
      response: parameters.get('SAMLAssertion') ?? '',
      ...(asked.narrowedTo !== undefined && { narrowedTo: asked.narrowedTo }),
      secondsFor({ sessionSeconds = Infinity, tags }, role) {
        requireLengthAllowed(asked.seconds, role)
        requirePacked(asked.narrowedTo, tags)
        return Math.min(asked.seconds, sessionSeconds)
      },
    })
    return {
      Issuer: assertion.issuer,
      Audience: deps.recipient,
      Subject: assertion.subject,
      SubjectType: assertion.subjectType,
      NameQualifier: nameQualifier,
      ...lentContent(session, requirePacked(asked.narrowedTo, assertion.tags)),
    }
  }
}
