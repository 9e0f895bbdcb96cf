import { readFileSync } from 'node:fs'
import { lastsFor, readCredentials } from './kept/credentials.ts'
import { type Place, settingsFile } from './kept/places.ts'

/** AWS SDKs ask again from a quarter of an hour before the end. */
export const LEAST_LEFT_SECONDS = 15 * 60

type Line = { role?: string; server?: string; duration?: string; minTtl?: string }

/**
 * What `rolegate credential-process ROLE` prints if this machine has it already; undefined if anything is unusual, and
 * then the whole client takes over. SDKs run this for every program they serve, so it loads nothing of the client.
 */
export function warmCredentials(argv: readonly string[], place: Place, now: Date): string | undefined {
  const line = parseLine(argv)
  const leastSeconds = line?.minTtl === undefined ? LEAST_LEFT_SECONDS : secondsOf(line.minTtl)
  if (line?.role === undefined || !KEEPING.has(place.env['ROLEGATE_TOKEN_STORE'] ?? '')) return undefined
  const origin = originOf(line.server ?? (place.env['ROLEGATE_URL'] || savedServer(place)))
  if (origin === undefined) return undefined
  const duration = line.duration ?? place.env['ROLEGATE_DURATION'] ?? ''
  const kept = readCredentials(place, { origin, role: line.role, duration })
  return kept !== undefined && lastsFor(kept, leastSeconds * 1000, now) ? kept.document : undefined
}

/** With `memory`, nothing is kept on this machine, nor taken from it. */
const KEEPING: ReadonlySet<string> = new Set(['', 'keychain', 'file'])

const VALUES: Readonly<Record<string, keyof Line>> = {
  '--server': 'server',
  '--duration': 'duration',
  '-d': 'duration',
  '--min-ttl': 'minTtl',
}

/** Only the plainest spelling of the line; whatever is not, read-args.ts reads. */
function parseLine([name, ...words]: readonly string[]): Line | undefined {
  if (name !== 'credential-process') return undefined
  const line: Line = {}
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (word === '--auto-login') continue
    const field = VALUES[word] ?? 'role'
    let value = field === 'role' ? word : words[(at += 1)]
    if (field === 'duration' && value === 'until') value = `until ${words[(at += 1)]}`
    // An empty value, one that looks like an option, or a second one: the whole client will refuse it.
    if (!value || value.startsWith('-') || line[field] !== undefined) return undefined
    line[field] = value
  }
  return line
}

/** NaN, of what is not so plain, is never enough. */
function secondsOf(minTtl: string): number {
  const [, count, unit] = /^(\d{1,4})([mh])$/.exec(minTtl) ?? []
  return Number(count) * (unit === 'h' ? 3600 : 60)
}

/** The origin, when the text is one already; nothing here reads a URL. */
const originOf = (text: string | undefined): string | undefined => text?.replace(/\/$/, '')

function savedServer(place: Place): string | undefined {
  try {
    const { server } = JSON.parse(readFileSync(settingsFile(place), 'utf8'))
    return typeof server === 'string' ? server : undefined
  } catch {
    return undefined
  }
}
