import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { printBlock } from '../../../../src/domain/aws/config-file/merge.ts'
import {
  BLOCK_FILE,
  printExports,
  printSetup,
  SETUP_SHELLS,
  type SetupShell,
} from '../../../../src/domain/aws/config-file/setup-commands.ts'
import { aConfigRole, PROD, someFacts } from './a-gateway.ts'

const PATH = '/usr/local/bin:/usr/bin:/bin'
const has = (command: string) => PATH.split(delimiter).some((folder) => existsSync(join(folder, command)))

/** What a person has who pastes these lines into this shell. */
function aHome(program: string) {
  const home = mkdtempSync(join(tmpdir(), 'rolegate home '))
  onTestFinished(() => rmSync(home, { recursive: true }))
  return {
    home,
    paste: (text: string, env: Record<string, string> = {}) =>
      execFileSync(program, ['-c', text], { env: { PATH, HOME: home, ...env }, stdio: 'pipe', encoding: 'utf8' }),
    write: (text: string) => {
      mkdirSync(join(home, '.aws'))
      writeFileSync(join(home, '.aws/config'), text)
    },
    config: (path = '.aws/config') => readFileSync(join(home, path), 'utf8'),
  }
}

const PROGRAMS: readonly [program: string, shell: SetupShell][] = [
  ['bash', 'posix'],
  ['zsh', 'posix'],
  ['dash', 'posix'],
  ['fish', 'fish'],
]
const facts = someFacts()
const block = printBlock(facts)

describe.each(PROGRAMS.filter(([program]) => has(program)))('the lines for %s', (program, shell) => {
  it('make the file where there was none', () => {
    const { paste, config } = aHome(program)
    paste(printSetup(shell, facts, 'page'))
    expect(config()).toBe(block)
  })

  it.each([
    ['ends as files do', '[default]\nregion = eu-west-1\n', '[default]\nregion = eu-west-1\n'],
    ['does not end in a line feed', '[default]\nregion = eu-west-1', '[default]\nregion = eu-west-1\n'],
  ])('leave alone what stood in a file that %s', (_how, before, kept) => {
    const { paste, config, write } = aHome(program)
    write(before)
    paste(printSetup(shell, facts, 'page'))
    expect(config()).toBe(`${kept}${block}`)
  })

  it('put the new block in place of the old one, and only once', () => {
    const { paste, config, write } = aHome(program)
    write(`[default]\n${printBlock(someFacts([aConfigRole({ alias: 'old' })]))}[profile mine]\nregion = eu-west-1\n`)
    paste(printSetup(shell, facts, 'page'))
    paste(printSetup(shell, facts, 'page'))
    expect(config()).toBe(`[default]\n[profile mine]\nregion = eu-west-1\n${block}`)
    expect(config('.aws/config.bak')).toContain('[profile mine]')
  })

  it('write through a link: people keep such files elsewhere', () => {
    const { paste, home, write, config } = aHome(program)
    write(printBlock(someFacts([PROD])))
    renameSync(join(home, '.aws/config'), join(home, 'dotfile'))
    symlinkSync(join(home, 'dotfile'), join(home, '.aws/config'))
    paste(printSetup(shell, facts, 'page'))
    expect(lstatSync(join(home, '.aws/config')).isSymbolicLink()).toBe(true)
    expect(config('dotfile')).toBe(block)
  })

  it('cut nothing where an old block has lost its end', () => {
    const { paste, config, write } = aHome(program)
    write('# >>> rolegate https://aws.example.com >>>\n[profile mine]\n')
    paste(printSetup(shell, facts, 'page'))
    expect(config()).toContain('[profile mine]\n')
  })

  it('leave another gateway’s block alone', () => {
    const { paste, config, write } = aHome(program)
    const other = block.replaceAll('aws.example.com', 'awsXexample.com')
    write(other)
    paste(printSetup(shell, facts, 'page'))
    expect(config()).toBe(`${other}${block}`)
  })

  it.each(['http://[::1]:8420', 'http://127.0.0.1:8420', 'https://a-b.c.example:8443'])('know %s again', (origin) => {
    const { paste, config } = aHome(program)
    const elsewhere = someFacts([PROD], { origin, startUrl: 'https://rolegate.invalid.awsapps.com/start' })
    paste(printSetup(shell, elsewhere, 'page'))
    paste(printSetup(shell, elsewhere, 'page'))
    expect(config()).toBe(printBlock(elsewhere))
  })

  it('take the file that AWS_CONFIG_FILE names', () => {
    const { paste, config, home } = aHome(program)
    paste(printSetup(shell, facts, 'page'), { AWS_CONFIG_FILE: join(home, 'a b/config') })
    expect(config('a b/config')).toBe(block)
  })

  it('take the block from the file that the browser saved', () => {
    const { paste, config, home } = aHome(program)
    mkdirSync(join(home, 'Downloads'))
    writeFileSync(join(home, 'Downloads', BLOCK_FILE), block)
    paste(printSetup(shell, facts, 'file'))
    expect(config()).toBe(block)
    // Used up: the next one is not saved beside it under another name.
    expect(existsSync(join(home, 'Downloads', BLOCK_FILE))).toBe(false)
  })

  it('and the variables say where we are', () => {
    const { paste } = aHome(program)
    const printed = paste(`${printExports(shell, facts)}env`)
    expect(printed).toContain('AWS_ENDPOINT_URL_SSO=https://aws.example.com\n')
    expect(printed).toContain('AWS_ENDPOINT_URL_SSO_OIDC=https://aws.example.com\n')
  })
})

describe('the lines for PowerShell', () => {
  const text = printSetup('powershell', facts, 'page')
  // The pattern is .NET's; these few signs mean the same here.
  const pattern = new RegExp(/-replace '\(\?s\)(.*)', ''/.exec(text)?.[1] ?? '', 's')

  it('hold the block as it is, between quotes that nothing in it ends', () => {
    expect(text).toContain(`@'\n${block}\n'@)`)
    expect(block).not.toContain("'")
  })

  it('cut out exactly the old block', () => {
    expect(`[default]\r\n${block.replaceAll('\n', '\r\n')}[profile mine]\r\n`.replace(pattern, '')).toBe(
      '[default]\r\n[profile mine]\r\n',
    )
    expect(block.replace(pattern, '')).toBe('')
    expect(block.replaceAll('.', 'X').replace(pattern, '')).not.toBe('')
  })
})

it.each(SETUP_SHELLS)(
  'no line for %s fetches anything, runs what was fetched, or holds a token (threats.md D13)',
  (shell) => {
    for (const from of ['page', 'file'] as const) {
      const text = printSetup(shell, someFacts([aConfigRole(), PROD]), from)
      expect(text).not.toMatch(/curl|wget|Invoke-|iex|eval|\|\s*(ba|z|fi)?sh\b|rg[a-z]_|credential_process/i)
    }
  },
)
