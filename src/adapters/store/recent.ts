/** The last so many things, by key; the oldest is forgotten first. */
export type Recent<Value> = {
  get(key: string): Value | undefined
  put(key: string, value: Value): void
}

export function makeRecent<Value>(most: number): Recent<Value> {
  const held = new Map<string, Value>()
  return {
    get: (key) => held.get(key),
    put(key, value) {
      held.delete(key)
      held.set(key, value)
      const [oldest] = held.keys()
      if (held.size > most && oldest !== undefined) held.delete(oldest)
    },
  }
}
