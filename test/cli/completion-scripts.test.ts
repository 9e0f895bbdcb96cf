import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aTerminal } from './fake-terminal.ts'

const noShell = (shell: string): string =>
  spawnSync(shell, ['-c', 'true']).status === 0 ? '' : ` (no ${shell} on this machine: apt-get install ${shell})`
const [noZsh, noFish] = [noShell('zsh'), noShell('fish')]
const BASH_COMPLETION = '/usr/share/bash-completion/bash_completion'
const noBashCompletion = existsSync(BASH_COMPLETION) ? '' : ' (no bash-completion on this machine)'

/** A `rolegate` that notes the words it is asked to complete, a line each, and offers two roles. */
async function aMachine(shell: string) {
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-completion-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { out: script } = await aTerminal().run('completion', shell)
  writeFileSync(join(folder, 'script'), script)
  writeFileSync(
    join(folder, 'rolegate'),
    `#!/bin/sh\n[ "$1" = __complete ] || exit 0\nprintf '[%s]\\n' "$@" >${folder}/asked\nprintf 'payments-dev/admin\\t\\npayments-prod/readonly\\tread: all\\n'\n`,
  )
  chmodSync(join(folder, 'rolegate'), 0o755)
  const env = { PATH: `${folder}${delimiter}/usr/bin${delimiter}/bin`, HOME: folder, TERM: 'dumb', LC_ALL: 'C.UTF-8' }
  return {
    script: join(folder, 'script'),
    asked: () => readFileSync(join(folder, 'asked'), 'utf8').trimEnd().split('\n'),
    wasAsked: () => existsSync(join(folder, 'asked')),
    run: (text: string) => execFileSync(shell, ['-c', text], { env, cwd: folder, encoding: 'utf8' }).trim().split('\n'),
  }
}

describe('rolegate completion bash', () => {
  /** What bash would offer at the end of this line, as readline would call the function. */
  const offers = (machine: Awaited<ReturnType<typeof aMachine>>, line: string, words: string[], before = '') =>
    machine.run(
      `${before} source ${machine.script}
       COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
       COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
       $(complete -p rolegate | sed 's/.*-F \\([^ ]*\\) .*/\\1/') rolegate 2>&1
       printf '%s\\n' "\${COMPREPLY[@]}"`,
    )

  it('offers what rolegate says, for the words so far', async () => {
    const machine = await aMachine('bash')
    expect(offers(machine, 'rolegate exec ', ['rolegate', 'exec', ''])).toEqual([
      'payments-dev/admin',
      'payments-prod/readonly',
    ])
    expect(machine.asked()).toEqual(['[__complete]', '[exec]', '[]'])
    offers(machine, 'rolegate exec pay', ['rolegate', 'exec', 'pay'])
    expect(machine.asked()).toEqual(['[__complete]', '[exec]', '[pay]'])
  })

  it('puts together again what bash parted at colons', async () => {
    const machine = await aMachine('bash')
    const words = ['rolegate', '--server', 'http', ':', '//x', 'exec', '']
    offers(machine, 'rolegate --server http://x exec ', words)
    expect(machine.asked()).toEqual(['[__complete]', '[--server]', '[http://x]', '[exec]', '[]'])
  })

  it('offers programs after --, and asks nobody', async () => {
    const machine = await aMachine('bash')
    expect(offers(machine, 'rolegate exec a/b -- bas', ['rolegate', 'exec', 'a/b', '--', 'bas'])).toContain('bash')
    expect(machine.wasAsked()).toBe(false)
  })

  it.skipIf(noBashCompletion !== '')(
    `hands what follows -- to that program’s own completion${noBashCompletion}`,
    async () => {
      const machine = await aMachine('bash')
      const own = `source ${BASH_COMPLETION}; complete -W 'its-own-word' ls;`
      expect(offers(machine, 'rolegate exec a/b -- ls it', ['rolegate', 'exec', 'a/b', '--', 'ls', 'it'], own)).toEqual(
        ['its-own-word'],
      )
    },
  )
})

describe(`rolegate completion zsh${noZsh}`, () => {
  /** Zsh completes only at a prompt: one in a pseudo-terminal of its own. */
  const typed = (machine: Awaited<ReturnType<typeof aMachine>>, setUp: string, keys: string) =>
    machine
      .run(
        `zmodload zsh/zpty
         zpty -b at_prompt zsh -f -i
         zpty -w at_prompt "PROMPT='> '; stty columns 200; ${setUp}; echo re''ady"
         zpty -r -m at_prompt line '*ready*'
         zpty -w -n at_prompt ${keys}
         zpty -r -m at_prompt line "*DONE*"
         print -r -- "$line"`,
      )
      .join('\n')

  it.skipIf(noZsh !== '')('offers what rolegate says, for the words so far', async () => {
    const machine = await aMachine('zsh')
    const setUp = `autoload -Uz compinit; compinit -u -D; source ${machine.script}; zstyle ':completion:*' list-prompt ''`
    const seen = typed(machine, setUp, `$'rolegate exec payments-p\\t; echo DO\\'\\'NE\\n'`)
    expect(machine.asked()).toEqual(['[__complete]', '[exec]', '[payments-p]'])
    expect(seen).toContain('payments-prod/readonly')
  })

  it.skipIf(noZsh !== '')('works from a folder of functions too', async () => {
    const machine = await aMachine('zsh')
    const setUp = `mkdir f; cp ${machine.script} f/_rolegate; fpath=(~/f $fpath); autoload -Uz compinit; compinit -u -D`
    typed(machine, setUp, `$'rolegate exec payments-p\\t; echo DO\\'\\'NE\\n'`)
    expect(machine.asked()).toEqual(['[__complete]', '[exec]', '[payments-p]'])
  })

  it.skipIf(noZsh !== '')('hands what follows -- to that program’s own completion', async () => {
    const machine = await aMachine('zsh')
    const setUp = `autoload -Uz compinit; compinit -u -D; source ${machine.script}; _own() { compadd its-own-word }; compdef _own ls`
    const seen = typed(machine, setUp, `$'rolegate exec a/b -- ls its\\t; echo DO\\'\\'NE\\n'`)
    expect(seen).toContain('its-own-word')
    expect(machine.wasAsked()).toBe(false)
  })
})

describe(`rolegate completion fish${noFish}`, () => {
  const offers = (machine: Awaited<ReturnType<typeof aMachine>>, line: string, more = '') =>
    machine.run(`source ${machine.script}; ${more}; complete -C '${line}'`)

  it.skipIf(noFish !== '')('offers what rolegate says, for the words so far', async () => {
    const machine = await aMachine('fish')
    expect(offers(machine, 'rolegate exec ')).toEqual(['payments-dev/admin', 'payments-prod/readonly\tread: all'])
    expect(machine.asked()).toEqual(['[__complete]', '[exec]', '[]'])
    offers(machine, 'rolegate exec pay')
    expect(machine.asked()).toEqual(['[__complete]', '[exec]', '[pay]'])
  })

  it.skipIf(noFish !== '')('hands what follows -- to that program’s own completion', async () => {
    const machine = await aMachine('fish')
    const own = 'complete -c rolegate-other -f -a its-own-word'
    expect(offers(machine, 'rolegate exec a/b -- rolegate-other it', own)).toEqual(['its-own-word'])
    expect(machine.wasAsked()).toBe(false)
  })
})

describe('rolegate completion powershell', () => {
  it('registers a completer that asks rolegate (read as text: there is no PowerShell on these machines)', async () => {
    const { out } = await aTerminal().run('completion', 'powershell')
    expect(out).toContain('Register-ArgumentCompleter -Native -CommandName rolegate -ScriptBlock {')
    expect(out).toContain('rolegate __complete @words 2>$null')
    const balance = (open: string, close: string) => out.split(open).length - out.split(close).length
    expect([balance('{', '}'), balance('(', ')'), balance('[', ']')]).toEqual([0, 0, 0])
  })
})

describe('the scripts', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])(
    'of %s say how to use them, and hold nothing but ASCII',
    async (shell) => {
      const { out } = await aTerminal().run('completion', shell)
      expect(out).toContain(`rolegate completion ${shell}`)
      // Windows PowerShell reads a program's output in the console's own code page.
      expect(Buffer.from(out, 'ascii').toString('latin1')).toBe(out)
    },
  )
})
