import { readFileSync } from 'node:fs'

/** A file that loads, with something of everything; each case breaks one thing in it. */
export const BASE = readFileSync(new URL('base.yaml', import.meta.url), 'utf8')

/** One broken file, and what its person was doing when it broke. */
export type Case = {
  readonly name: string
  readonly text: string | Uint8Array
  /** Files beside the configuration, or in their place. */
  readonly files?: Readonly<Record<string, string>>
}

/** The base file with texts in place of others, which must be there. */
export function swapAll(name: string, ...swaps: readonly (readonly [from: string, to: string])[]): Case {
  const text = swaps.reduce((so, [from, to]) => {
    if (!so.includes(from)) throw new Error(`${name}: the base file has no ${JSON.stringify(from)}`)
    return so.replace(from, () => to)
  }, BASE)
  return { name, text }
}

/** The base file with one text in place of another. */
export const swap = (name: string, from: string, to: string, files: Case['files'] = {}): Case => ({
  ...swapAll(name, [from, to]),
  files,
})

/** The base file without this text. */
export const without = (name: string, text: string): Case => swap(name, text, '')

/** The base file with this below it. */
export const below = (name: string, text: string): Case => ({ name, text: `${BASE}${text}` })

/** The base file with one more rule at the end of its rules. */
export const ruleMore = (name: string, rule: string): Case => swap(name, 'sts:\n', `  - ${rule}\nsts:\n`)

export const whole = (name: string, text: string): Case => ({ name, text })

export const encoded = (name: string, text: Uint8Array): Case => ({ name, text })
