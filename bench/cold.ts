/** From nothing to the first answer: time, and the most memory on the way. */
import { performance } from 'node:perf_hooks'
import { firstAnswer, launchGateway } from './harness/gateway.ts'
import { installJackson } from './harness/jackson.ts'
import { script } from './harness/places.ts'
import { interleave } from './harness/rounds.ts'
import { freePorts, startProcess, type Side } from './harness/side.ts'
import { costLine, ratiosOf } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

const PATH = '/.well-known/openid-configuration'
/** Nobody is asked anything by a gateway that only starts. */
const NOBODY = 'http://127.0.0.1:9'

export const cold: Bench = async ({ rounds }) => {
  installJackson()
  const peaks = { ours: [] as number[], jackson: [] as number[] }
  const start = (name: keyof typeof peaks, launch: () => Promise<Side>) => async () => {
    const from = performance.now()
    const side = await launch()
    await firstAnswer(side, PATH)
    const wall = performance.now() - from
    peaks[name].push((await side.ask<number>('peak')) / 1024)
    await side.stop()
    return wall
  }
  const sides = {
    ours: start('ours', () => launchGateway({ audit: 'default', stsUrl: NOBODY, idpUrl: NOBODY, rules: 5 })),
    jackson: start('jackson', launchJackson),
  }
  // Once for the disk's sake.
  for (const side of Object.values(sides)) await side()
  peaks.ours.length = peaks.jackson.length = 0
  const walls = await interleave(sides, rounds)
  const [ours = [], jackson = []] = [walls.get('ours'), walls.get('jackson')]
  return {
    costs: [
      costLine('ours', ours, 'ms to the first answer'),
      costLine('Jackson', jackson, 'ms to the first answer'),
      costLine('ours', peaks.ours, 'MiB at most'),
      costLine('Jackson', peaks.jackson, 'MiB at most'),
    ],
    figures: [
      { title: 'cold: time to first answer, ours / Jackson', ratios: ratiosOf(ours, jackson), must: 0.45, goal: 0.3 },
      { title: 'cold: peak memory, ours / Jackson', ratios: ratiosOf(peaks.ours, peaks.jackson), must: 0.7, goal: 0.6 },
    ],
  }
}

async function launchJackson(): Promise<Side> {
  const [port] = await freePorts(1)
  const jackson = startProcess({ script: script('peers/jackson/server'), env: { BENCH_PORT: String(port) } })
  return { ...jackson, url: `http://127.0.0.1:${port}` }
}
