import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unifiedDiff } from '../../src/cli/unified-diff.ts'

/** The oracle. */
const PATCH = ['/usr/bin', 'patch'].join('/')
const hasPatch = spawnSync(PATCH, ['--version']).status === 0

describe('unifiedDiff', () => {
  it('says nothing of what is the same', () => {
    expect(unifiedDiff('a\nb\n', 'a\nb\n', 'f')).toBe('')
  })

  it('shows what goes and what comes, with three lines around', () => {
    const before = ['1', '2', '3', '4', 'old', '6', '7', '8', '9'].map((line) => `${line}\n`).join('')
    expect(unifiedDiff(before, before.replace('old', 'new'), '/f')).toBe(
      '--- /f\n+++ /f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-old\n+new\n 6\n 7\n 8\n',
    )
  })

  it('shows a file that was not there, and one whose last line has no end', () => {
    expect(unifiedDiff('', 'a\n', 'f')).toBe('--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n')
    expect(unifiedDiff('a', 'a\nb\n', 'f')).toBe(
      '--- f\n+++ f\n@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n',
    )
  })

  it('shows a very long change as a whole', () => {
    const lines = (word: string) => Array.from({ length: 3000 }, (_, index) => `${word} ${index}\n`).join('')
    const text = unifiedDiff(lines('a'), lines('b'), 'f')
    expect(text.split('\n').filter((line) => line.startsWith('-a'))).toHaveLength(3000)
  })

  it.skipIf(!hasPatch)('is what patch makes the one text of the other with', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolegate-diff-'))
    const file = join(folder, 'f')
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '', ' x', '[s]'), { maxLength: 14 })
      .map((lines) => lines.map((line) => `${line}\n`).join(''))
    try {
      fc.assert(
        fc.property(text, text, (before, after) => {
          writeFileSync(file, before)
          const input = unifiedDiff(before, after, 'f')
          if (input !== '') spawnSync(PATCH, ['-s', '--no-backup-if-mismatch', file], { input })
          expect(after === '' || readFileSync(file, 'utf8') === after).toBe(true)
        }),
        { numRuns: 60 },
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
