import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../dist/rolegate.cjs', import.meta.url))
const TMUX = '/usr/bin/tmux'

/** Why a terminal cannot be driven here, or undefined. */
export const noTmux = existsSync(TMUX) ? undefined : 'no tmux on this machine: apt-get install tmux'

export type TmuxTerminal = ReturnType<typeof aTmuxTerminal>

/** A bash in a real terminal of its own, in which `rolegate` is the built program. Nothing of this machine's reaches it. */
export function aTmuxTerminal(env: Readonly<Record<string, string>>) {
  const home = mkdtempSync(join(tmpdir(), 'rolegate-tmux-'))
  const bin = join(home, 'bin')
  const tmux = (...args: readonly string[]) =>
    execFileSync(TMUX, ['-S', join(home, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8' })
  const program = (name: string, text: string) => writeFileSync(join(bin, name), text, { mode: 0o755 })
  execFileSync('mkdir', [bin])
  program('rolegate', `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`)
  const own = {
    HOME: home,
    PATH: `${bin}:/usr/bin:/bin`,
    TERM: 'screen',
    LC_ALL: 'C.UTF-8',
    PS1: '$ ',
    // Or bash would write one while its folder is being removed.
    HISTFILE: '',
    ROLEGATE_CONFIG_DIR: join(home, 'config'),
    AWS_EC2_METADATA_DISABLED: 'true',
    ...env,
  }
  const assignments = Object.entries(own).map(([name, value]) => `${name}=${value}`)
  tmux(
    'new-session',
    '-d',
    '-c',
    home,
    '-x',
    '150',
    '-y',
    '50',
    'env',
    '-i',
    ...assignments,
    'bash',
    '--norc',
    '--noprofile',
  )
  let lines = 0

  const terminal = {
    home,
    /** A program of this name on its PATH. */
    program,
    /** All that is on the screen, lines that were too long for it made whole again. */
    screen: () => tmux('capture-pane', '-p', '-J', '-S', '-'),
    type: (text: string) => void tmux('send-keys', '-l', '--', text),
    /** By tmux's names: Enter, Escape, C-c, Down. */
    press: (...keys: readonly string[]) => void tmux('send-keys', '--', ...keys),
    /** Until the screen shows it; answers with what the pattern captures. */
    async shows(pattern: RegExp | string): Promise<string> {
      const found = () =>
        typeof pattern === 'string'
          ? terminal.screen().includes(pattern)
          : pattern.exec(terminal.screen())?.slice(0, 2).at(-1)
      await expect.poll(found, { timeout: 20_000, message: `“${String(pattern)}” on the screen` }).toBeTruthy()
      return String(found())
    },
    /** Starts a line on an empty screen; the answer waits for its exit code. */
    start(line: string): () => Promise<number> {
      lines += 1
      const mark = `line ${lines}`
      tmux('send-keys', '-R')
      tmux('clear-history')
      terminal.type(`clear; ${line}; echo "${mark}"" ended with $?"`)
      terminal.press('Enter')
      return async () => Number(await terminal.shows(new RegExp(`${mark} ended with (\\d+)$`, 'm')))
    },
    run: (line: string): Promise<number> => terminal.start(line)(),
    close() {
      tmux('kill-server')
      rmSync(home, { recursive: true, force: true })
    },
  }
  return terminal
}
