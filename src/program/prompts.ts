import { autocomplete, confirm, isCancel } from '@clack/prompts'
import { narrow } from '../cli/narrow.ts'
import type { Choice } from '../cli/world.ts'

const MOST_SHOWN = 10
/** Drawn on stderr: stdout is for data. */
const terminal = { input: process.stdin, output: process.stderr }

/** What the person chose; undefined when they pressed Ctrl-C or Esc. */
export async function pick(question: string, choices: readonly Choice[]): Promise<string | undefined> {
  const options = lastOf((typed) => narrow(choices, typed).map(({ value, hint }) => ({ value, label: value, hint })))
  const chosen = await autocomplete<string>({
    ...terminal,
    message: question,
    options() {
      return options(this.userInput ?? '')
    },
    // Or it would narrow once more, in its own way.
    filter: () => true,
    maxItems: MOST_SHOWN,
    validate: (value) => (value === undefined ? 'Choose one of them.' : undefined),
  })
  return isCancel(chosen) ? undefined : chosen
}

/** Asked for several times between two keys: what was answered last is answered again. */
function lastOf<T>(answer: (typed: string) => T): (typed: string) => T {
  let last: { readonly typed: string; readonly found: T } | undefined
  return (typed) => {
    if (last?.typed !== typed) last = { typed, found: answer(typed) }
    return last.found
  }
}

/** Undefined when they pressed Ctrl-C or Esc. */
export async function ask(question: string): Promise<boolean | undefined> {
  const answer = await confirm({ ...terminal, message: question, initialValue: false })
  return isCancel(answer) ? undefined : answer
}
