import { inColumns } from '../cli/table.ts'
import { printAim, type Aim, type EmergencyDeny } from '../domain/emergency/emergency.ts'
import { plain } from '../domain/plain.ts'

/** What `rolegate admin list` prints: a line a deny, and below it what does not fit a column. */
export function printDenies(denies: readonly EmergencyDeny[], isKnown: (aim: Aim) => boolean): string {
  if (denies.length === 0) return 'nothing is closed.\n'
  const rows = denies.map(({ aim, since, by, reason }) => [printAim(aim), minuteOf(since), by, reason].map(plain))
  const [heading = '', ...lines] = inColumns([['CLOSED', 'SINCE', 'BY', 'REASON'], ...rows])
  const blocks = lines.map((line, at) => [line, ...notesOn(denies[at]?.aim, isKnown).map((note) => `  ${note}`)])
  return `${[heading, ...blocks.flat()].join('\n')}\n`
}

/** A directory says what people are called (threats.md H10): who it is, their issuer and subject say. */
function notesOn(aim: Aim | undefined, isKnown: (aim: Aim) => boolean): readonly string[] {
  if (aim === undefined) return []
  return [
    ...(aim.kind === 'person' ? [`subject ${plain(aim.subject)} at ${plain(aim.issuer)}`] : []),
    ...(isKnown(aim) ? [] : ['closes nothing: neither the file nor the store knows it']),
  ]
}

/** `2026-11-22 20:15 UTC`, of a moment that is in UTC already. */
const minuteOf = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`
