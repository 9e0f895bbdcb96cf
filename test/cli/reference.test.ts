import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COMMANDS, everyCommand } from '../../src/cli/commands.ts'
import { ENVIRONMENT } from '../../src/cli/environment.ts'
import { EXIT, EXIT_MEANINGS } from '../../src/cli/exit.ts'

const commands = await everyCommand()

describe('docs/reference/cli.md', () => {
  const page = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8')
  const firstCells = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, cell]) => cell)

  it.each(commands)('shows $name as the client does', ({ name, usage, summary, options }) => {
    expect(page).toContain(`### ${name}\n\n\`\`\`\n${usage}\n\`\`\`\n\n${summary}`)
    const section = page.split(`### ${name}\n`)[1]?.split('\n## ')[0]?.split('\n### ')[0] ?? ''
    for (const option of Object.keys(options)) expect(section).toContain(`\`--${option}`)
  })

  it('lists no command that is not there', () => {
    expect(firstCells(/^### (\S+)$/gm)).toEqual([...COMMANDS.keys()])
  })

  it('lists every exit code with its meaning', () => {
    expect(rowsOf(/^\d+$/).map(([code, meaning]) => [Number(code), meaning])).toEqual([...EXIT_MEANINGS])
  })

  it('lists every error code with its exit code', () => {
    expect(rowsOf(/^`[a-z_]+`$/).map(([code = '', exit]) => [code.slice(1, -1), Number(exit)])).toEqual(
      Object.entries(EXIT),
    )
  })

  it('lists every variable that is read, and none that is gone', () => {
    expect(rowsOf(/^`[A-Z_]+`$/).map(([name = '', use]) => [name.slice(1, -1), use])).toEqual([...ENVIRONMENT])
  })

  /** The cells of the table rows whose first cell looks like this. */
  function rowsOf(first: RegExp): readonly (readonly string[])[] {
    const rows = page.split('\n').filter((line) => line.startsWith('| '))
    return rows
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
      .filter(([cell = '']) => first.test(cell))
  }
})
