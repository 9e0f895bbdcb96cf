/** What a signed-in person costs: bytes while they stay, CPU with each request. */
import { cpuPerOperation } from './harness/cpu.ts'
import { cookiesFrom, drive, send } from './harness/load.ts'
import { script } from './harness/places.ts'
import { interleave, type Cost } from './harness/rounds.ts'
import { startSide } from './harness/side.ts'
import { costLine, ratiosOf, type Findings } from './harness/verdict.ts'
import type { Layer } from './peers/session-layers.ts'
import type { Bench } from './bench.ts'

const SIZES = [
  { groupCount: 20, must: 0.8, goal: 0.55 },
  { groupCount: 200, must: 0.4, goal: 0.2 },
]
/** Signed in while requests are counted; their groups. */
const PEOPLE = 1000
const GROUPS = 50

export const session: Bench = async (settings) => {
  const found = [await memory(settings), await requests(settings)]
  return { costs: found.flatMap(({ costs }) => costs), figures: found.flatMap(({ figures }) => figures) }
}

const memory = async ({ rounds, operations }: Parameters<Bench>[0]): Promise<Findings> => {
  const people = operations * 10
  const costs = await interleave(
    Object.fromEntries(
      SIZES.flatMap(({ groupCount }) => [
        [`ours ${groupCount}`, bytesPerPerson('ours', people, groupCount)],
        [`theirs ${groupCount}`, bytesPerPerson('express-session', people, groupCount)],
      ]),
    ),
    rounds,
  )
  const of = (name: string) => costs.get(name) ?? []
  return {
    costs: SIZES.flatMap(({ groupCount }) => [
      costLine(`ours, ${groupCount} groups`, of(`ours ${groupCount}`), 'bytes a person'),
      costLine(`MemoryStore, ${groupCount} groups`, of(`theirs ${groupCount}`), 'bytes a person'),
    ]),
    figures: SIZES.map(({ groupCount, ...bounds }) => ({
      title: `session: bytes a person with ${groupCount} groups, ours / MemoryStore`,
      ratios: ratiosOf(of(`ours ${groupCount}`), of(`theirs ${groupCount}`)),
      ...bounds,
    })),
  }
}

/** A fresh process each time: a heap that was used before says nothing. */
const bytesPerPerson =
  (layer: Layer, people: number, groupCount: number): Cost =>
  async () => {
    const side = await startSide({ script: script('peers/session-memory'), nodeFlags: ['--expose-gc'] })
    const bytes = await side.ask<number>('bytesPerPerson', { layer, people, groupCount })
    await side.stop()
    return bytes
  }

const requests = async ({ rounds, operations }: Parameters<Bench>[0]): Promise<Findings> => {
  const most = operations * 2
  const [ours, theirs, empty, none] = await Promise.all([
    appWith('ours'),
    appWith('express-session'),
    appWith('empty-store'),
    appWith('none'),
  ])
  for (const app of [ours, theirs, empty, none]) await app.run(most)
  const costs = await interleave(
    {
      ours: cpuPerOperation(ours, most, ours.run),
      theirs: cpuPerOperation(theirs, most, theirs.run),
      empty: cpuPerOperation(empty, most, empty.run),
      none: cpuPerOperation(none, most, none.run),
    },
    rounds,
  )
  const bare = costs.get('none') ?? []
  const added = (name: string): readonly number[] =>
    (costs.get(name) ?? []).map((cost, round) => cost - (bare[round] ?? Number.NaN))
  return {
    costs: [
      costLine('no sessions', bare, 'us of CPU a request'),
      costLine('our sessions', added('ours'), 'us on top'),
      costLine('express-session + a store that does nothing', added('empty'), 'us on top'),
      costLine('express-session + MemoryStore', added('theirs'), 'us on top'),
    ],
    figures: [
      {
        title: `session: CPU added to a request, ${GROUPS} groups, ours / MemoryStore`,
        ratios: ratiosOf(added('ours'), added('theirs')),
        must: 0.6,
        goal: 0.3,
      },
    ],
  }
}

async function appWith(layer: Layer) {
  const side = await startSide({ script: script('peers/session-app'), env: { BENCH_LAYER: layer } })
  const cookies: string[] = Array.from({ length: PEOPLE }, () => '')
  await drive(PEOPLE, async (number) => {
    cookies[number] = cookiesFrom(await send(`${side.url}/sign-in/${number}/${GROUPS}`))
  })
  const visit = (index: number) => send(side.url, { headers: { cookie: cookies[index % PEOPLE] ?? '' } })
  return { ...side, run: (count: number) => drive(count, visit) }
}
