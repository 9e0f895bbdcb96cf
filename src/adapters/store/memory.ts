import type { Journal, Keep, Row, Store } from '../../usecases/ports/store.ts'

/** Rows are kept as Latin-1 text: one byte each on V8's heap, without a buffer's own weight. */
type Entry = { text: string; version: number; expiresAt: number; owner: string | undefined }

const NEVER = Number.POSITIVE_INFINITY

/** The store of one process: the demo's, the tests', and that of whoever can bear to lose it. */
export function makeMemoryStore({ now }: { now: () => Date }): Store & Journal {
  const tables = new Map<string, Map<string, Entry>>()
  let versions = 0

  const tableOf = (name: string): Map<string, Entry> => {
    const known = tables.get(name)
    if (known !== undefined) return known
    const table = new Map<string, Entry>()
    tables.set(name, table)
    return table
  }
  const live = (table: string, key: string): Entry | undefined => {
    const entry = tableOf(table).get(key)
    return entry !== undefined && entry.expiresAt > now().getTime() ? entry : undefined
  }
  const write = (table: string, key: string, value: Uint8Array, { expiresAt, owner }: Keep = {}): void => {
    versions += 1
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
    tableOf(table).set(key, { text, version: versions, expiresAt: expiresAt?.getTime() ?? NEVER, owner })
  }

  return {
    get: async (table, key) => rowOf(live(table, key)),
    put: async (table, key, value, keep) => write(table, key, value, keep),
    async createIfAbsent(table, key, value, keep) {
      if (live(table, key) !== undefined) return false
      write(table, key, value, keep)
      return true
    },
    async compareAndSet(table, key, version, value, keep) {
      if (live(table, key)?.version !== version) return false
      write(table, key, value, keep)
      return true
    },
    async take(table, key) {
      const entry = live(table, key)
      tableOf(table).delete(key)
      return rowOf(entry)
    },
    delete: async (table, key) => void tableOf(table).delete(key),
    async increment(table, key, expiresAt) {
      const entry = live(table, key)
      const count = Number(entry?.text ?? '0') + 1
      if (entry === undefined) write(table, key, Buffer.from(String(count)), { expiresAt })
      else entry.text = String(count)
      return count
    },
    async listByOwner(table, owner) {
      const owned = [...tableOf(table)].filter(([key, entry]) => entry.owner === owner && live(table, key) === entry)
      return owned.map(([key, { text, version }]) => ({ key, value: Buffer.from(text, 'latin1'), version }))
    },
    async deleteByOwner(table, owner) {
      const doomed = [...tableOf(table)].filter(([, entry]) => entry.owner === owner)
      for (const [key] of doomed) tableOf(table).delete(key)
      return doomed.length
    },
    firstKey: async (table) => keysOf(tableOf(table))[0],
    async rowsAfter(table, key, most) {
      const rows = tableOf(table)
      return keysOf(rows)
        .filter((one) => one > key)
        .slice(0, most)
        .flatMap((one) => {
          const row = rowOf(rows.get(one))
          return row === undefined ? [] : [{ key: one, ...row }]
        })
    },
    async deleteBefore(table, key, most) {
      const doomed = keysOf(tableOf(table))
        .filter((one) => one < key)
        .slice(0, most)
      for (const one of doomed) tableOf(table).delete(one)
      return doomed.length
    },
    async sweep() {
      let swept = 0
      for (const table of tables.values()) {
        for (const [key, entry] of table) if (entry.expiresAt <= now().getTime() && table.delete(key)) swept += 1
      }
      return swept
    },
    close: () => Promise.resolve(),
  }
}

const keysOf = (table: ReadonlyMap<string, unknown>): readonly string[] => [...table.keys()].toSorted()

const rowOf = (entry: Entry | undefined): Row | undefined =>
  entry && { value: Buffer.from(entry.text, 'latin1'), version: entry.version }
