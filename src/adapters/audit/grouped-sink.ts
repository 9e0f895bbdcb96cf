/** Takes a line; resolves when it is as durable as this sink makes things. */
export type AuditSink = { write(line: string): Promise<void>; close(): Promise<void> }

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
        // A turn of the loop later, so that everybody who asked in this one shares the write.
        running ??= new Promise((turn) => setImmediate(turn)).then(drain)
      })
    },
    async close() {
      await running
      await disk.close()
    },
  }
}
