/** One sentence for a line that will not do, and where all of it stands: at 3 a.m. nobody reads twenty lines of help for one word. Exit 2. */
export function misused(command: string, said: string): number {
  process.stderr.write(`error: ${said}\nSee: rolegate ${command} --help\n`)
  return 2
}
