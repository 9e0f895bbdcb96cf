/** A row as it was read. `version` changes with every write, so that compareAndSet can tell. */
export type Row = { readonly value: Uint8Array; readonly version: number }

/** `expiresAt`: from then on the row does not exist for anybody, swept or not. `owner`: what deleteByOwner goes by. */
export type Keep = { readonly expiresAt?: Date; readonly owner?: string }

/**
 * What every store does, whatever is behind it; one contract suite runs against all of them. Each call is atomic across
 * processes. Failures are `store_unavailable`.
 */
export type Store = {
  get(table: string, key: string): Promise<Row | undefined>
  put(table: string, key: string, value: Uint8Array, keep?: Keep): Promise<void>
  /** True for exactly one of those who race to create the key. */
  createIfAbsent(table: string, key: string, value: Uint8Array, keep?: Keep): Promise<boolean>
  /** True when the row still had this version and now has the value. */
  compareAndSet(table: string, key: string, version: number, value: Uint8Array, keep?: Keep): Promise<boolean>
  /** The row, for exactly one of those who race to take it. */
  take(table: string, key: string): Promise<Row | undefined>
  delete(table: string, key: string): Promise<void>
  /** Adds one and answers the count; the first call sets the expiry. */
  increment(table: string, key: string, expiresAt: Date): Promise<number>
  /** The live rows of an owner, with the names they are kept under. */
  listByOwner(table: string, owner: string): Promise<readonly (Row & { readonly key: string })[]>
  deleteByOwner(table: string, owner: string): Promise<number>
  /** Forgets what has expired, without holding anybody up for long. */
  sweep(): Promise<number>
  close(): Promise<void>
}

/** Rows in the order of their keys: for records that are read, and deleted, by time. */
export type Journal = {
  /** The key that sorts first in this table. */
  firstKey(table: string): Promise<string | undefined>
  /** The rows whose keys sort after this one, at most so many of them. */
  rowsAfter(table: string, key: string, most: number): Promise<readonly (Row & { readonly key: string })[]>
  /** Deletes rows whose keys sort before this one, at most so many of them; answers how many. */
  deleteBefore(table: string, key: string, most: number): Promise<number>
}

/** A table of one kind of value over a store; dates come back as dates. */
export type Table<Value> = {
  get(key: string): Promise<Value | undefined>
  put(key: string, value: Value, keep?: Keep): Promise<void>
  createIfAbsent(key: string, value: Value, keep?: Keep): Promise<boolean>
  /**
   * Replaces the value by what `change` makes of it; `null` deletes. Runs again when somebody else was quicker. Answers
   * what `change` returned beside it, or undefined when there is no such row. The value itself, and no `keep`, writes nothing.
   */
  update<Answer>(
    key: string,
    change: (value: Value) => { next: Value | null; answer: Answer; keep?: Keep },
  ): Promise<Answer | undefined>
  take(key: string): Promise<Value | undefined>
  delete(key: string): Promise<void>
  listByOwner(owner: string): Promise<readonly Value[]>
  deleteByOwner(owner: string): Promise<number>
}
