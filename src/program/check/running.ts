import { policyFromJson } from '../../config/policy-json.ts'
import { connect, type Connection } from '../../cli/connect.ts'
import { failure } from '../../cli/failure.ts'
import { failureOf } from '../../cli/send.ts'
import type { ErrorCode, RolegateError } from '../../domain/errors.ts'
import type { CliWorld } from '../../cli/world.ts'
import type { Policy } from '../../domain/policy/policy.ts'

/** The configuration a gateway has in force, as far as it says who may take what. */
export type Running = {
  readonly from: string
  readonly hash: string
  readonly policy: Policy
  /** What people call groups that go by an id, where that is known. */
  readonly groupNames?: readonly (readonly [id: string, name: string])[]
}

/** In the words of this question, where the gateway knows who asks and will not tell them. */
function refusedBy(url: string, refusal: RolegateError): RolegateError {
  const sentences: Partial<Record<ErrorCode, object>> = {
    not_entitled: {
      detail: 'It tells operators and auditors, and you are neither by the groups of your sign-in there.',
      next: `Ask one of them; if you have just become one: rolegate --server ${url} login`,
    },
    // Ended, or with groups that are an hour old: the gateway says which.
    sign_in_required: {
      next: `Sign in anew: rolegate --server ${url} login`,
    },
    condition_unmet: {
      next: `Sign in through a browser on this machine: rolegate --server ${url} login`,
    },
  }
  const { code, values } = refusal
  const said = sentences[code]
  if (said === undefined) return refusal
  return failure(code, { ...values, title: `${url} does not tell you what it has in force`, ...said })
}

/**
 * Asks the gateway at this address, as whoever is signed in there from this machine (`rolegate login`): operators and auditors
 * are told (threats.md P2). Fails in words for people.
 */
export async function readRunning(url: string, world: CliWorld): Promise<Running> {
  const say = (line: string) => world.err(`${line}\n`)
  return runningAt(url, await connect(url, world, { trace: () => undefined, say }))
}

export async function runningAt(
  url: string,
  { send, accessToken }: Pick<Connection, 'send' | 'accessToken'>,
): Promise<Running> {
  const answer = await send({ method: 'GET', path: '/v1/config', bearer: await accessToken() })
  if (answer.status !== 200) throw refusedBy(url, failureOf(answer))
  const read = policyFromJson(answer.body)
  if (read === undefined) {
    throw failure('gateway_unreachable', {
      title: `${url} answers with something this program cannot read`,
      next: 'Compare versions: rolegate version, and the gateway’s.',
    })
  }
  return { from: url, ...read }
}
