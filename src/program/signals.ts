/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once (security.md V-11). */
export function untilStopped(target: Pick<NodeJS.Process, 'once' | 'exit'>): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      target.once(signal, () => {
        target.once(signal, () => target.exit(130))
        resolve()
      })
    }
  })
}
