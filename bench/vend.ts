/** What the server pays for one credential hand-over, beside the bare SDK call and beside a standard stack. */
import { cpuPerOperation } from './harness/cpu.ts'
import { ROLE, startGateway, type AuditChoice } from './harness/gateway.ts'
import { cookiesFrom, drive, send } from './harness/load.ts'
import { interleave, type Rounds } from './harness/rounds.ts'
import { script } from './harness/places.ts'
import { signIn, signInDevice } from './harness/sign-in.ts'
import { startSide, type Side } from './harness/side.ts'
import { costLine, ratiosOf, type Bounds, type Figure, type Findings } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

/** As many people at once, each with this many groups. */
const PEOPLE = 10
const GROUPS = 50

const FLOOR = 'bare STSClient.send'
const STANDARD = 'standard stack'
const OURS: Readonly<Record<AuditChoice, string>> = { file: 'ours, audit in a file', default: 'ours, default audit' }

export const vend: Bench = async ({ rounds, operations, flags }) => {
  const [sts, op] = await Promise.all(
    ['neighbours/fake-sts', 'neighbours/minimal-op'].map((name) => startSide({ script: script(name) })),
  )
  const env = { BENCH_STS_URL: sts?.url ?? '' }
  const standard = flags.has('--standard')
  const peer = await startSide({ script: script(standard ? 'peers/standard' : 'peers/sts-loop'), env })
  const ask = standard ? await standardVend(peer) : undefined

  const sides: Record<string, (operations: number) => Promise<unknown>> = {}
  const metered = new Map<string, Side>()
  const join = (name: string, side: Side, run: (operations: number) => Promise<unknown>) => {
    sides[name] = run
    metered.set(name, side)
  }
  for (const audit of ['file', 'default'] as const) {
    const gateway = await startGateway({ audit, stsUrl: sts?.url ?? '', idpUrl: op?.url ?? '', rules: 200 })
    const vendOnce = await bearerVend(gateway.url)
    join(OURS[audit], gateway, (count) => drive(count, vendOnce))
  }
  join(
    standard ? STANDARD : FLOOR,
    peer,
    ask === undefined ? (count) => peer.ask('run', count) : (count) => drive(count, ask),
  )

  for (const run of Object.values(sides)) await run(operations)
  const costs = await interleave(
    Object.fromEntries(
      Object.entries(sides).map(([name, run]) => [name, cpuPerOperation(metered.get(name) as Side, operations, run)]),
    ),
    rounds,
  )
  return standard
    ? findings(costs, STANDARD, { must: 0.65, goal: 0.5 })
    : findings(costs, FLOOR, { must: 1.6, goal: 1.3 })
}

const findings = (costs: Rounds, peer: string, bounds: Bounds): Findings => ({
  costs: [...costs].map(([name, side]) => costLine(name, side, 'us of CPU for each')),
  figures: Object.values(OURS).map((ours): Figure => ({
    title: `vend: ${ours} / ${peer}`,
    ratios: ratiosOf(costs.get(ours) ?? [], costs.get(peer) ?? []),
    ...bounds,
  })),
})

const body = JSON.stringify({ role: ROLE })

/** One hand-over by a terminal that was signed in through browser and device flow. */
async function bearerVend(gateway: string): Promise<(index: number) => Promise<unknown>> {
  const bearers: string[] = []
  for (let person = 0; person < PEOPLE; person += 1) {
    bearers.push(await signInDevice(gateway, await signIn(gateway, { person, groupCount: GROUPS })))
  }
  return (index) =>
    send(`${gateway}/v1/credentials`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearers[index % PEOPLE]}` },
      body,
    })
}

/** The same by the standard stack's session cookie. */
async function standardVend({ url }: Side): Promise<(index: number) => Promise<unknown>> {
  const headers = { 'content-type': 'application/json' }
  const cookies: string[] = []
  for (let person = 0; person < PEOPLE; person += 1) {
    const signedIn = JSON.stringify({ person, groupCount: GROUPS })
    cookies.push(cookiesFrom(await send(`${url}/sign-in`, { method: 'POST', headers, body: signedIn })))
  }
  return (index) =>
    send(`${url}/v1/credentials`, {
      method: 'POST',
      headers: { ...headers, cookie: cookies[index % PEOPLE] ?? '' },
      body,
    })
}
