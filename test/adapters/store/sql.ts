import { createRequire } from 'node:module'

/** What the tests of SQLite need of a driver: to do to the file what a stranger with SQL could. */
export type Sql = {
  exec(text: string): unknown
  prepare(text: string): { all(...values: unknown[]): unknown[]; run(...values: unknown[]): unknown }
  close(): void
}

const require = createRequire(import.meta.url)

function load(): { openSql: (path: string) => Sql } | { whyNot: string } {
  const faults: string[] = []
  for (const name of ['node:sqlite', 'better-sqlite3']) {
    try {
      const loaded = require(name) as { DatabaseSync: new (path: string) => Sql } & (new (path: string) => Sql)
      const Database = name === 'node:sqlite' ? loaded.DatabaseSync : loaded
      new Database(':memory:').close()
      return { openSql: (path) => new Database(path) }
    } catch (cause) {
      faults.push(`${name}: ${String((cause as Error).message.split('\n')[0])}`)
    }
  }
  return { whyNot: faults.join('; ') }
}

const driver = load()

/** Undefined where a SQLite driver can be loaded; else the reason, for the title of what is skipped. */
export const whyNoSqlite = 'whyNot' in driver ? driver.whyNot : undefined

export function openSql(path: string): Sql {
  if ('whyNot' in driver) throw new Error(driver.whyNot)
  return driver.openSql(path)
}

/** A title that says, where SQLite is missing, that and why the tests under it were left out. */
export const sqliteTitle = (title: string): string =>
  whyNoSqlite === undefined ? title : `${title}: skipped, no SQLite driver loads here (${whyNoSqlite})`
