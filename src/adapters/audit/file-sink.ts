import { open, type FileHandle } from 'node:fs/promises'
import { makeGroupedSink, type AuditSink } from './grouped-sink.ts'

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

/**
 * Ends a line that a crash or a full disk cut off, so that the next record stands on a line of its own (security.md
 * A-7, threats.md A3).
 */
async function endTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat()
  if (size === 0) return
  const last = Buffer.alloc(1)
  await file.read(last, 0, 1, size - 1)
  if (last[0] !== 0x0a) await file.appendFile('\n')
}
