import type { Answer, Ask } from '../exchange.ts'
import { makeAssumeRoleWithSaml } from './assume-role-with-saml.ts'
import { makeAssumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import type { Accounts } from './accounts.ts'
import type { Behaviour } from './behaviour.ts'
import { readParameters, type Parameters } from './parameters.ts'
import type { RedeemAssertion } from './redeem-assertion.ts'
import { Refusal } from './refusal.ts'
import type { Random, RoleSessions } from './role-session.ts'
import type { RecordCall } from './seen-calls.ts'
import { requireSigner } from './signature.ts'
import { readClaimed } from './signed-request.ts'
import { refusalAnswer, resultAnswer, type Content } from './xml.ts'

const VERSION = '2011-06-15'

/** AWS STS's Query protocol, as far as a federation gateway and its people need it (aws.md §2). */
export function makeSts(deps: {
  accounts: Accounts
  sessions: RoleSessions
  behaviour: Behaviour
  record: RecordCall
  redeemAssertion: RedeemAssertion
  /** Where SAML assertions must be addressed to. */
  recipient: string
  now: () => Date
  random: Random
}): (ask: Ask) => Promise<Answer> {
  const assumeRoleWithWebIdentity = makeAssumeRoleWithWebIdentity(deps)
  const assumeRoleWithSaml = makeAssumeRoleWithSaml(deps)
  const callerIdentity = (ask: Ask): Content => {
    const { arn, assumedRoleId, accountId } = requireSigner(ask, readClaimed(ask), deps.sessions, deps.now())
    return { Arn: arn, UserId: assumedRoleId, Account: accountId }
  }
  const operations = new Map<string, (ask: Ask, parameters: Parameters) => Content | Promise<Content>>([
    ['AssumeRoleWithSAML', ({ address }, parameters) => assumeRoleWithSaml(parameters, address)],
    ['AssumeRoleWithWebIdentity', ({ address }, parameters) => assumeRoleWithWebIdentity(parameters, address)],
    ['GetCallerIdentity', (ask) => callerIdentity(ask)],
  ])

  const perform = async (ask: Ask, parameters: Parameters): Promise<readonly [string, Content]> => {
    const [action, operation] = requireOperation(operations, parameters)
    return [action, await operation(ask, parameters)]
  }

  const stopOnTheWay = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } finally {
      await deps.behaviour.finish()
    }
  }

  return async function sts(ask) {
    const requestId = uuidOf(deps.random(16))
    try {
      const parameters = readParameters(ask)
      await deps.behaviour.begin(parameters.get('Action'))
      const [action, result] = await stopOnTheWay(() => perform(ask, parameters))
      return resultAnswer(action, result, requestId)
    } catch (thrown) {
      if (thrown instanceof Refusal) return refusalAnswer(thrown, requestId)
      throw thrown
    }
  }
}

function requireOperation<Operation>(
  operations: ReadonlyMap<string, Operation>,
  parameters: Parameters,
): readonly [string, Operation] {
  const action = parameters.get('Action')
  // AWS knows no operation of a request that does not say of which version it speaks.
  const version = parameters.get('Version') ?? 'NO_VERSION_SPECIFIED'
  if (action === undefined) throw new Refusal('MissingAction', 'The request is missing an Action parameter.')
  const operation = version === VERSION ? operations.get(action) : undefined
  if (operation === undefined)
    throw new Refusal('InvalidAction', `Could not find operation ${action} for version ${version}`)
  return [action, operation]
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
