/** What one document costs that anybody may send: the worst we could make, and how its cost grows with its size. */
import { generateKeyPairSync } from 'node:crypto'
import { hostileDocuments, type HostileDocument } from './harness/hostile-documents.ts'
import { script } from './harness/places.ts'
import { interleave, median } from './harness/rounds.ts'
import { asField, makeSamlIdp } from './harness/saml-idp.ts'
import { OPEN_QUESTION, type Refusal } from './harness/saml-sp.ts'
import { startSide, type Side } from './harness/side.ts'
import { costLine } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

const WARM_UP = 40
/** The goal for one document: what stays below it at the bound of its size has nowhere to grow to. */
const LEAST_TO_GROW_MS = 20
const SHOWN = 8

export const hostile: Bench = async ({ rounds }) => {
  const idp = makeSamlIdp()
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const decryptionKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const honest = () => asField(idp.respond(OPEN_QUESTION, { person: 7, groupCount: 1000 }))
  const open = async (nodeFlags: readonly string[]) => {
    const side = await startSide({ script: script('peers/saml-ours'), nodeFlags })
    await side.ask('open', { metadata: idp.metadata, decryptionKeyPem })
    return { side, peak: await warmUp(side, honest) }
  }
  const { side, peak: peakBefore } = await open([])
  // Past a few MB V8's nursery overflows and everything is copied; how our own work grows is seen where it has room.
  const { side: roomy } = await open(['--max-semi-space-size=64'])

  // One that is nearly empty: what is changed around its statement should have all the room.
  const genuine = idp.respond(OPEN_QUESTION, { person: 7, groupCount: 1 })
  const documents = hostileDocuments({ genuine, encryptTo: publicKey })
  const costs = await interleave(
    Object.fromEntries(
      documents.flatMap(({ name, field }) => [
        [`${name}, a quarter`, costOf(roomy, name, field(1 / 4))],
        [`${name}, all`, costOf(roomy, name, field(1))],
        [name, costOf(side, name, field(1))],
      ]),
    ),
    rounds,
  )
  const peak = ((await side.ask<number>('peak')) - peakBefore) / 1024

  const of = (name: string) => costs.get(name) ?? []
  const byCost = documents.toSorted((one, other) => median(of(other.name)) - median(of(one.name)))
  const growth = ({ name }: HostileDocument) =>
    of(`${name}, all`).map(
      (full, round) => Math.log(full / (of(`${name}, a quarter`)[round] ?? Number.NaN)) / Math.log(4),
    )
  const byGrowth = documents
    .filter(({ name }) => median(of(name)) >= LEAST_TO_GROW_MS)
    .toSorted((one, other) => median(growth(other)) - median(growth(one)))
  const [worst, steepest] = [byCost[0], byGrowth[0]]
  return {
    costs: [
      ...byCost.slice(0, SHOWN).map(({ name }) => costLine(name, of(name), 'ms of CPU')),
      ...byGrowth.slice(0, SHOWN).map((document) => costLine(document.name, growth(document), 'as the exponent')),
    ],
    figures: [
      {
        title: `hostile: ms of CPU for ${worst?.name}`,
        ratios: of(worst?.name ?? ''),
        must: 60,
        goal: LEAST_TO_GROW_MS,
      },
      {
        title: `hostile: growth exponent of ${steepest?.name ?? 'all, too cheap to say'}`,
        ratios: steepest === undefined ? [0] : growth(steepest),
        must: 1.3,
        goal: 1.1,
      },
      { title: 'hostile: MiB of memory the whole family adds', ratios: [peak], must: 150, goal: 150 },
    ],
  }
}

/** Genuine ones, so that what is measured has been compiled. Answers the most memory so far, in KiB. */
async function warmUp(side: Side, field: () => string): Promise<number> {
  for (let turn = 0; turn < WARM_UP; turn += 1) await side.ask('learn', field())
  return side.ask('peak')
}

const costOf = (side: Side, name: string, field: string) => async () => {
  const { milliseconds, reason } = await side.ask<Refusal>('refuse', field).catch((cause: unknown) => {
    throw new Error(`the process ended over this document: ${name}`, { cause })
  })
  if (reason === 'accepted') throw new Error(`a hostile document was taken: ${name}`)
  return milliseconds
}
