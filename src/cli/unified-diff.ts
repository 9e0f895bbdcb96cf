const CONTEXT = 3
/** Beyond this many comparisons the changed part is shown as a whole, out and in. */
const MOST_COMPARED = 4_000_000

type Row = { readonly sign: ' ' | '-' | '+'; readonly line: string }

/** Two texts as `diff -u` shows them; empty when they are the same. */
export function unifiedDiff(before: string, after: string, path: string): string {
  if (before === after) return ''
  const rows = rowsOf(linesOf(before), linesOf(after))
  return [`--- ${path}`, `+++ ${path}`, ...hunksOf(rows)].map((line) => `${line}\n`).join('')
}

/** The lines, without their line feed; a last line that has none is marked, as `diff` does. */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`]
}

function rowsOf(before: readonly string[], after: readonly string[]): readonly Row[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1
  let tail = 0
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) {
    tail += 1
  }
  const same = (line: string): Row => ({ sign: ' ', line })
  return [
    ...before.slice(0, head).map(same),
    ...changed(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ]
}

/** By the longest common subsequence. */
function changed(before: readonly string[], after: readonly string[]): readonly Row[] {
  if (before.length * after.length > MOST_COMPARED) {
    return [...before.map((line): Row => ({ sign: '-', line })), ...after.map((line): Row => ({ sign: '+', line }))]
  }
  const width = after.length + 1
  const common = new Uint32Array((before.length + 1) * width)
  const at = (i: number, j: number) => common[i * width + j] ?? 0
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const rows: Row[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]]
    if (old !== undefined && old === fresh) {
      rows.push({ sign: ' ', line: old })
      i += 1
      j += 1
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      rows.push({ sign: '-', line: old })
      i += 1
    } else {
      rows.push({ sign: '+', line: fresh ?? '' })
      j += 1
    }
  }
  return rows
}

function hunksOf(rows: readonly Row[]): readonly string[] {
  const near = (index: number) =>
    rows.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ sign }) => sign !== ' ')
  const lines: string[] = []
  let hunk: Row[] = []
  let [oldAt, newAt] = [1, 1]
  const flush = () => {
    if (hunk.length === 0) return
    const [olds, news] = [
      hunk.filter(({ sign }) => sign !== '+').length,
      hunk.filter(({ sign }) => sign !== '-').length,
    ]
    lines.push(`@@ -${range(oldAt - olds, olds)} +${range(newAt - news, news)} @@`)
    lines.push(...hunk.map(({ sign, line }) => `${sign}${line}`))
    hunk = []
  }
  for (const [index, row] of rows.entries()) {
    if (near(index)) hunk.push(row)
    else flush()
    if (row.sign !== '+') oldAt += 1
    if (row.sign !== '-') newAt += 1
  }
  flush()
  return lines
}

/** An empty side counts from the line before it. */
const range = (start: number, count: number): string => (count === 0 ? `${start - 1},0` : `${start},${count}`)
