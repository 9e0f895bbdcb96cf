import { policyFromJson } from '../../config/policy-json.ts'
import { connect, type Connection } from '../../cli/connect.ts'
import { failure } from '../../cli/failure.ts'
import { failureOf } from '../../cli/send.ts'
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
  if (answer.status === 404) {
    throw failure('not_entitled', {
      title: `${url} does not tell you what it has in force`,
      detail: 'It tells operators and auditors, by the groups of a sign-in that is an hour old at most.',
      next: `Sign in anew: rolegate --server ${url} login`,
    })
  }
  if (answer.status !== 200) throw failureOf(answer)
  const read = policyFromJson(answer.body)
  if (read === undefined) {
    throw failure('gateway_unreachable', {
      title: `${url} answers with something this program cannot read`,
      next: 'Compare versions: rolegate version, and the gateway’s.',
    })
  }
  return { from: url, ...read }
}
