/** What it costs to verify a SAML response and read it, beside node-saml with all its checks on. */
import { cpuPerOperation } from './harness/cpu.ts'
import { script } from './harness/places.ts'
import { interleave } from './harness/rounds.ts'
import { asField, makeSamlIdp, type SamlIdp } from './harness/saml-idp.ts'
import { OPEN_QUESTION, type Learned, type VerifyOrder } from './harness/saml-sp.ts'
import { startSide, type Side } from './harness/side.ts'
import { costLine, ratiosOf } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

const SIZES = [20, 200, 1000]
/** performance.md asks for theirs / ours of at least 8, and wishes for 15; here a ratio is ours / theirs. */
const BOUNDS = { must: 0.125, goal: 0.067 }
/** Of ours to one of theirs, so that both are measured for as long. */
const MORE = 10

export const samlVerify: Bench = async ({ rounds, operations }) => {
  const idp = makeSamlIdp()
  const [ours, theirs] = await Promise.all(
    ['peers/saml-ours', 'peers/saml-node-saml'].map((name) => startSide({ script: script(name) })),
  )
  if (ours === undefined || theirs === undefined) throw new Error('a side is missing')
  for (const side of [ours, theirs]) await side.ask('open', idp)
  for (const groupCount of SIZES) await requireAgreement(idp, groupCount, [ours, theirs])

  const run = (side: Side, groupCount: number) => (count: number) => {
    // New each time: nobody takes an assertion that is ten minutes old.
    const field = asField(idp.respond(OPEN_QUESTION, { person: 7, groupCount }))
    return side.ask('run', { field, operations: count } satisfies VerifyOrder)
  }
  const sides = SIZES.flatMap((groupCount) => {
    const count = Math.max(2, Math.round(operations / groupCount))
    return [
      [`ours ${groupCount}`, cpuPerOperation(ours, count * MORE, run(ours, groupCount))],
      [`theirs ${groupCount}`, cpuPerOperation(theirs, count, run(theirs, groupCount))],
    ] as const
  })
  for (const [, cost] of sides) await cost()
  const costs = await interleave(Object.fromEntries(sides), rounds)
  const of = (name: string) => costs.get(name) ?? []
  return {
    costs: SIZES.flatMap((groupCount) => [
      costLine(`ours, ${groupCount} groups`, of(`ours ${groupCount}`), 'us of CPU for each'),
      costLine(`node-saml, ${groupCount} groups`, of(`theirs ${groupCount}`), 'us of CPU for each'),
      costLine(
        `node-saml / ours, ${groupCount} groups`,
        ratiosOf(of(`theirs ${groupCount}`), of(`ours ${groupCount}`)),
        'times',
      ),
    ]),
    figures: SIZES.map((groupCount) => ({
      title: `saml-verify: ours / node-saml, ${groupCount} groups`,
      ratios: ratiosOf(of(`ours ${groupCount}`), of(`theirs ${groupCount}`)),
      ...BOUNDS,
    })),
  }
}

/** A comparison of two who do not do the same says nothing: both learn the same, and neither takes a changed copy. */
async function requireAgreement(idp: SamlIdp, groupCount: number, sides: readonly Side[]): Promise<void> {
  const genuine = idp.respond(OPEN_QUESTION, { person: 7, groupCount })
  const changed = genuine.replace('</saml:NameID>', 'x</saml:NameID>')
  const learned = await Promise.all(sides.map((side) => side.ask<Learned>('learn', asField(genuine))))
  const [one, ...others] = learned.map(({ nameId, groups }) => JSON.stringify([nameId, groups]))
  if (others.some((other) => other !== one) || learned[0]?.groups.length !== groupCount)
    throw new Error(`they do not agree on the same response of ${groupCount} groups`)
  for (const side of sides) {
    const taken = await side.ask<Learned>('learn', asField(changed)).then(
      () => true,
      () => false,
    )
    if (taken) throw new Error('a changed response was taken')
  }
}
