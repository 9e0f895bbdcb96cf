import { median } from './rounds.ts'

export type Bounds = { readonly must: number; readonly goal: number }

/** Ratios of one figure, one a round. */
export type Figure = {
  readonly title: string
  readonly ratios: readonly number[]
  /** The bounds are the least it may be, not the most. */
  readonly least?: true
} & Bounds

/** What a bench found. The costs are for people to read; only ratios are judged (performance.md). */
export type Findings = { readonly figures: readonly Figure[]; readonly costs: readonly string[] }

/** Ours through theirs, round by round. */
export const ratiosOf = (ours: readonly number[], theirs: readonly number[]): readonly number[] =>
  ours.map((cost, round) => cost / (theirs[round] ?? Number.NaN))

const two = (value: number): string => value.toFixed(2)

export function printFindings({ figures, costs }: Findings): void {
  for (const line of costs) console.log(`  ${line}`)
  for (const figure of figures) {
    const { title, ratios, must, goal, least } = figure
    const middle = median(ratios)
    const word = reaches(figure, goal) ? 'goal met' : reaches(figure, must) ? 'must met' : 'MISSED'
    const sign = least === true ? '≥' : '≤'
    console.log(
      `${title}: ${two(middle)} (${two(Math.min(...ratios))} to ${two(Math.max(...ratios))}), must ${sign} ${must}, goal ${sign} ${goal}: ${word}`,
    )
  }
}

/** NaN is a miss. */
const reaches = ({ ratios, least }: Figure, bound: number): boolean =>
  least === true ? median(ratios) >= bound : median(ratios) <= bound

export const passes = ({ figures }: Findings): boolean => figures.every((figure) => reaches(figure, figure.must))

/** `costs` line of a side: its median and range. */
export const costLine = (name: string, costs: readonly number[], unit: string): string =>
  `${name}: ${two(median(costs))} ${unit} (${two(Math.min(...costs))} to ${two(Math.max(...costs))})`
