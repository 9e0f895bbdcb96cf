import { autocomplete, confirm, isCancel } from '@clack/prompts'
import { isFoundIn } from '../cli/fuzzy.ts'
import type { Choice } from '../cli/world.ts'

const MOST_SHOWN = 10
/** Drawn on stderr: stdout is for data. */
const terminal = { input: process.stdin, output: process.stderr }

/** What the person chose; undefined when they pressed Ctrl-C or Esc. */
export async function pick(question: string, choices: readonly Choice[]): Promise<string | undefined> {
  const chosen = await autocomplete<string>({
    ...terminal,
    message: question,
    options: choices.map(({ value, hint }) => ({ value, label: value, hint })),
    maxItems: MOST_SHOWN,
    filter: (typed, { value, hint }) => isFoundIn(typed, `${value} ${hint ?? ''}`),
    validate: (value) => (value === undefined ? 'Choose one of them.' : undefined),
  })
  return isCancel(chosen) ? undefined : chosen
}

/** Undefined when they pressed Ctrl-C or Esc. */
export async function ask(question: string): Promise<boolean | undefined> {
  const answer = await confirm({ ...terminal, message: question, initialValue: false })
  return isCancel(answer) ? undefined : answer
}
