import type { Facts } from './policy.ts'

/** A thing that came, went, or is set otherwise. Absent texts were not there. */
export type FactsChange = {
  readonly name: string
  readonly change: 'added' | 'removed' | 'changed'
  /** Of a thing that is in both. */
  readonly keys: readonly KeyChange[]
}

export type KeyChange = { readonly key: string; readonly before?: string; readonly after?: string }

/** What differs between two sets of named things, in the order of the later one, what went at the end. */
export function diffFacts(
  before: Readonly<Record<string, Facts>>,
  after: Readonly<Record<string, Facts>>,
): readonly FactsChange[] {
  const came = Object.entries(after).flatMap(([name, facts]): FactsChange[] => {
    const earlier = Object.hasOwn(before, name) ? before[name] : undefined
    if (earlier === undefined) return [{ name, change: 'added', keys: [] }]
    const keys = keysChanged(earlier, facts)
    return keys.length === 0 ? [] : [{ name, change: 'changed', keys }]
  })
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name))
  return [...came, ...gone.map((name) => ({ name, change: 'removed', keys: [] }) as const)]
}

function keysChanged(before: Facts, after: Facts): readonly KeyChange[] {
  const keys = [...new Set([...Object.keys(after), ...Object.keys(before)])]
  return keys.flatMap((key) => {
    const [earlier, later] = [textAt(before, key), textAt(after, key)]
    if (earlier === later) return []
    return [{ key, ...(earlier !== undefined && { before: earlier }), ...(later !== undefined && { after: later }) }]
  })
}

const textAt = (facts: Facts, key: string): string | undefined => (Object.hasOwn(facts, key) ? facts[key] : undefined)

/** Settings as text, all but those left out: a key nobody foresaw is compared too. Keys in snake case; what is absent has none. */
export function factsOf(values: object, leftOut: readonly string[] = []): Facts {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const text = leftOut.includes(key) ? undefined : textOf(value)
      return text === undefined ? [] : [[key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), text]]
    }),
  )
}

function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Set ? [...(inner as Set<unknown>)] : inner))
}
