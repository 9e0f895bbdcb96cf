import { RolegateError } from '../../domain/errors.ts'
import type { Keep, Store, Table } from '../../usecases/ports/store.ts'

/** Of a value that is one of several kinds, a member of any of them. */
type NameIn<Value> = Value extends unknown ? keyof Value & string : never

/** So many rows are read of a list before others have their turn. */
const IN_ONE_GO = 200
/** More rounds than any honest race needs. */
const MOST_ROUNDS = 50

/**
 * One kind of value over a store, as JSON. Values are shared between those who read the same row: read, never written.
 * `dates` names the top-level members that are dates (or null).
 */
export function makeTable<Value extends object>(
  store: Store,
  name: string,
  dates: readonly NameIn<Value>[] = [],
): Table<Value> {
  const encode = (value: Value): Uint8Array => Buffer.from(JSON.stringify(value))

  // A sealed store answers the same byte array while a row is unchanged; then the decoded value is reused.
  const decoded = new WeakMap<Uint8Array, Value>()

  function decode(bytes: Uint8Array): Value {
    const known = decoded.get(bytes)
    if (known !== undefined) return known
    const value = parse(bytes)
    decoded.set(bytes, value)
    return value
  }

  function parse(bytes: Uint8Array): Value {
    const value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as Record<
      string,
      unknown
    >
    for (const date of dates) {
      const text = value[date]
      if (typeof text === 'string') value[date] = new Date(text)
    }
    return value as Value
  }

  async function replace(key: string, version: number, next: Value | null, keep?: Keep): Promise<boolean> {
    if (next !== null) return store.compareAndSet(name, key, version, encode(next), keep)
    // Deleting only this very version: it is replaced by one that has expired.
    return store.compareAndSet(name, key, version, Buffer.from('null'), { expiresAt: new Date(0) })
  }

  return {
    async get(key) {
      const row = await store.get(name, key)
      return row && decode(row.value)
    },
    put: (key, value, keep) => store.put(name, key, encode(value), keep),
    createIfAbsent: (key, value, keep) => store.createIfAbsent(name, key, encode(value), keep),
    async update(key, change) {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const row = await store.get(name, key)
        if (row === undefined) return undefined
        const value = decode(row.value)
        const { next, answer, keep } = change(value)
        // Whoever changes nothing costs no write: anybody can ask (security.md V-16).
        if (next === value && keep === undefined) return answer
        if (await replace(key, row.version, next, keep)) return answer
      }
      throw new RolegateError('store_unavailable', {}, { reason: `too many races in ${name}` })
    },
    async take(key) {
      const row = await store.take(name, key)
      return row && decode(row.value)
    },
    delete: (key) => store.delete(name, key),
    async listByOwner(owner) {
      const values: Value[] = []
      for (const [at, row] of (await store.listByOwner(name, owner)).entries()) {
        // A long list holds nobody up.
        if (at % IN_ONE_GO === IN_ONE_GO - 1) await new Promise((resolve) => setImmediate(resolve))
        values.push(decode(row.value))
      }
      return values
    },
    deleteByOwner: (owner) => store.deleteByOwner(name, owner),
  }
}
