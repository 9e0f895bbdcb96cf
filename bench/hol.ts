/** How long others wait while people with a thousand groups sign in: the delay of the gateway's event loop. */
import { setTimeout as pause } from 'node:timers/promises'
import type { LoopDelay } from './harness/loop-delay.ts'
import { startSamlGateway } from './harness/saml-gateway.ts'
import { makeSamlIdp } from './harness/saml-idp.ts'
import { samlSignIn } from './harness/saml-sign-in.ts'
import type { Side } from './harness/side.ts'
import { costLine } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

const A_SECOND = 5
const GROUPS = 1000
const WARM_UP = 40

export const hol: Bench = async ({ rounds, operations }) => {
  const idp = makeSamlIdp()
  const gateway = await startSamlGateway(idp.metadata)
  const signIn = (person: number) => samlSignIn(gateway.url, idp, { person, groupCount: GROUPS })
  for (let person = 0; person < WARM_UP; person += 1) await signIn(person)

  const count = Math.max(10, Math.round(operations / 50))
  const [idle, busy]: [LoopDelay[], LoopDelay[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    idle.push(await delayDuring(gateway, () => pause(1000)))
    busy.push(await delayDuring(gateway, () => steadily(count, signIn)))
    process.stderr.write(`  round ${round + 1} of ${rounds}\n`)
  }
  const of = (delays: readonly LoopDelay[], which: keyof LoopDelay) => delays.map((delay) => delay[which])
  return {
    costs: [
      costLine('with nobody there, p99', of(idle, 'p99'), 'ms'),
      costLine('with nobody there, at most', of(idle, 'max'), 'ms'),
    ],
    figures: [
      { title: `hol: ms of delay, p99, ${A_SECOND} sign-ins/s`, ratios: of(busy, 'p99'), must: 20, goal: 4 },
      { title: `hol: ms of delay, most, ${A_SECOND} sign-ins/s`, ratios: of(busy, 'max'), must: 60, goal: 15 },
    ],
  }
}

async function delayDuring(gateway: Side, what: () => Promise<unknown>): Promise<LoopDelay> {
  await gateway.ask('loopDelay')
  await what()
  return gateway.ask('loopDelay')
}

/** At an even pace, however long each takes. */
async function steadily(count: number, operation: (index: number) => Promise<unknown>): Promise<void> {
  const underway: Promise<unknown>[] = []
  for (let index = 0; index < count; index += 1) {
    underway.push(operation(index))
    await pause(1000 / A_SECOND)
  }
  await Promise.all(underway)
}
