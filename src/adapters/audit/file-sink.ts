import { open, type FileHandle } from 'node:fs/promises'

/** Takes a line; resolves when it is as durable as this sink makes things. */
export type AuditSink = { write(line: string): Promise<void>; close(): Promise<void> }

/**
 * An append-only file, one JSON line a record. Lines that wait at the same time are written and synced together: a
 * hand-over waits for one fdatasync and shares it (performance.md §8). After a failure the sink keeps refusing until a
 * write succeeds again, so a full disk stops hand-overs and heals by itself (threats.md A3).
 */
export async function makeFileSink({ path }: { path: string }): Promise<AuditSink> {
  // 0600: the log holds people's names.
  const file = await open(path, 'a+', 0o600)
  let sound = false
  return makeGroupedSink({
    async append(text) {
      if (!sound) await endTornLine(file)
      sound = false
      await file.appendFile(text)
      await file.datasync()
      sound = true
    },
    close: () => file.close(),
  })
}

/** What a crash or a full disk cut off is ended, so that the next record stands on its own (security.md A-7, threats.md A3). */
async function endTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat()
  if (size === 0) return
  const last = Buffer.alloc(1)
  await file.read(last, 0, 1, size - 1)
  if (last[0] !== 0x0a) await file.appendFile('\n')
}

/** Group commit: at most one append is under way, and whatever came meanwhile goes out with the next. */
export function makeGroupedSink(disk: { append(text: string): Promise<void>; close(): Promise<void> }): AuditSink {
  let waiting: { line: string; done: (failure?: unknown) => void }[] = []
  let running: Promise<void> | undefined

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      try {
        await disk.append(group.map(({ line }) => `${line}\n`).join(''))
        for (const { done } of group) done()
      } catch (failure) {
        for (const { done } of group) done(failure)
      }
    }
    running = undefined
  }

  return {
    write(line) {
      return new Promise((resolve, reject) => {
        waiting.push({ line, done: (failure) => (failure === undefined ? resolve() : reject(failure)) })
        running ??= Promise.resolve().then(drain)
      })
    },
    async close() {
      await running
      await disk.close()
    },
  }
}
