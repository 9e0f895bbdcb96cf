/** What one sign-in costs the server: GET /sign-in/{idp} and the callback, the token request included. */
import { cpuPerOperation } from './harness/cpu.ts'
import { startGateway } from './harness/gateway.ts'
import { drive } from './harness/load.ts'
import { script } from './harness/places.ts'
import { interleave } from './harness/rounds.ts'
import { startSide, type Side } from './harness/side.ts'
import { signIn } from './harness/sign-in.ts'
import { costLine, ratiosOf } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

const GROUPS = 50

export const oidcLogin: Bench = async ({ rounds, operations }) => {
  const op = await startSide({ script: script('neighbours/minimal-op') })
  const gateway = await startGateway({ audit: 'file', stsUrl: op.url, idpUrl: op.url, rules: 200 })
  const plain = await startSide({ script: script('peers/plain-oidc'), env: { BENCH_IDP_URL: op.url } })

  const run = (side: Side) => (count: number) =>
    drive(count, (person) => signIn(side.url, { person: person % 500, groupCount: GROUPS }))
  for (const side of [gateway, plain]) await run(side)(operations / 2)
  const costs = await interleave(
    {
      ours: cpuPerOperation(gateway, operations / 2, run(gateway)),
      plain: cpuPerOperation(plain, operations / 2, run(plain)),
    },
    rounds,
  )
  const [ours = [], theirs = []] = [costs.get('ours'), costs.get('plain')]
  return {
    costs: [
      costLine('ours', ours, 'us of CPU a sign-in'),
      costLine('openid-client + express-session', theirs, 'us of CPU a sign-in'),
    ],
    figures: [
      {
        title: 'oidc-login: ours / openid-client + express-session',
        ratios: ratiosOf(ours, theirs),
        must: 0.9,
        goal: 0.7,
      },
    ],
  }
}
