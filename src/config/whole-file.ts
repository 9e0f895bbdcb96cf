import type { ReadDocument } from './document.ts'
import type { Fault, Finding, Path } from './faults.ts'
import { printPath } from './faults.ts'
import type { Included } from './includes.ts'
import type { ConfigFile } from './schema.ts'

/** The main file and all it includes, read as one: first its own rules and tests, then theirs, file by file. */
export type WholeFile = {
  readonly file: ConfigFile
  /** A finding, placed in the file it is about. */
  locate(finding: Finding): Fault
  /** `rules[0]`, and in which file where there are several. */
  nameOf(path: Path): string
  /** Rules that stand under an entry of `include`: places in `file.rules` and in `file.include`. */
  readonly fenced: readonly { readonly rule: number; readonly entry: number }[]
}

export function wholeFile(
  main: { readonly name: string; readonly document: ReadDocument; readonly content: ConfigFile },
  included: readonly Included[],
): WholeFile {
  const rules = included.flatMap(({ content, entry }) => content.rules.map((rule) => ({ rule, entry })))
  /** The file a path leads into, and the path from its top. */
  const home = (path: Path): { name: string; document: ReadDocument; path: Path } => {
    const [list, index, ...below] = path
    if ((list !== 'rules' && list !== 'tests') || typeof index !== 'number') return { ...main, path }
    let left = index
    for (const part of [main, ...included]) {
      const here = part.content[list].length
      if (left < here) return { ...part, path: [list, left, ...below] }
      left -= here
    }
    return { ...main, path }
  }
  return {
    file: {
      ...main.content,
      rules: [...main.content.rules, ...rules.map(({ rule }) => rule)],
      tests: [...main.content.tests, ...included.flatMap(({ content }) => content.tests)],
    },
    locate(finding) {
      const { document, path } = home(finding.path)
      return document.locate({ ...finding, path })
    },
    nameOf(path) {
      const { name, path: local } = home(path)
      return included.length === 0 ? printPath(local) : `${printPath(local)} in ${name}`
    },
    fenced: rules.map(({ entry }, place) => ({ rule: main.content.rules.length + place, entry })),
  }
}
