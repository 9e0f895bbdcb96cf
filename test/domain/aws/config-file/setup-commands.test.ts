import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
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
import { sha256 } from '../../../../src/compose/chance.ts'
import { printBlock } from '../../../../src/domain/aws/config-file/merge.ts'
import {
  printExports,
  printSetup,
  savedBlock,
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
    download: (name: string, text: string) => {
      mkdirSync(join(home, 'Downloads'), { recursive: true })
      writeFileSync(join(home, 'Downloads', name), text)
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
const saved = savedBlock(facts, sha256)

describe.each(PROGRAMS.filter(([program]) => has(program)))('the lines for %s', (program, shell) => {
  it('make the file where there was none', () => {
    const { paste, config } = aHome(program)
    paste(printSetup(shell, facts))
    expect(config()).toBe(block)
  })

  it.each([
    ['ends as files do', '[default]\nregion = eu-west-1\n', '[default]\nregion = eu-west-1\n'],
    ['does not end in a line feed', '[default]\nregion = eu-west-1', '[default]\nregion = eu-west-1\n'],
  ])('leave alone what stood in a file that %s', (_how, before, kept) => {
    const { paste, config, write } = aHome(program)
    write(before)
    paste(printSetup(shell, facts))
    expect(config()).toBe(`${kept}${block}`)
  })

  it('put the new block in place of the old one, and only once', () => {
    const { paste, config, write } = aHome(program)
    write(`[default]\n${printBlock(someFacts([aConfigRole({ alias: 'old' })]))}[profile mine]\nregion = eu-west-1\n`)
    paste(printSetup(shell, facts))
    paste(printSetup(shell, facts))
    expect(config()).toBe(`[default]\n[profile mine]\nregion = eu-west-1\n${block}`)
    expect(config('.aws/config.bak')).toContain('[profile mine]')
  })

  it('write through a link: people keep such files elsewhere', () => {
    const { paste, home, write, config } = aHome(program)
    write(printBlock(someFacts([PROD])))
    renameSync(join(home, '.aws/config'), join(home, 'dotfile'))
    symlinkSync(join(home, 'dotfile'), join(home, '.aws/config'))
    paste(printSetup(shell, facts))
    expect(lstatSync(join(home, '.aws/config')).isSymbolicLink()).toBe(true)
    expect(config('dotfile')).toBe(block)
  })

  it('cut nothing where an old block has lost its end', () => {
    const { paste, config, write } = aHome(program)
    write('# >>> rolegate https://aws.example.com >>>\n[profile mine]\n')
    paste(printSetup(shell, facts))
    expect(config()).toContain('[profile mine]\n')
  })

  it('leave another gateway’s block alone', () => {
    const { paste, config, write } = aHome(program)
    const other = block.replaceAll('aws.example.com', 'awsXexample.com')
    write(other)
    paste(printSetup(shell, facts))
    expect(config()).toBe(`${other}${block}`)
  })

  it.each(['http://[::1]:8420', 'http://127.0.0.1:8420', 'https://a-b.c.example:8443'])('know %s again', (origin) => {
    const { paste, config } = aHome(program)
    const elsewhere = someFacts([PROD], { origin, startUrl: 'https://rolegate.invalid.awsapps.com/start' })
    paste(printSetup(shell, elsewhere))
    paste(printSetup(shell, elsewhere))
    expect(config()).toBe(printBlock(elsewhere))
  })

  it('take the file that AWS_CONFIG_FILE names', () => {
    const { paste, config, home } = aHome(program)
    paste(printSetup(shell, facts), { AWS_CONFIG_FILE: join(home, 'a b/config') })
    expect(config('a b/config')).toBe(block)
  })

  it('take the block from the file that the browser saved', () => {
    const { paste, config, home, download } = aHome(program)
    download(saved.name, block)
    paste(printSetup(shell, facts, saved))
    expect(config()).toBe(block)
    // Used up: the next one is not saved beside it under another name.
    expect(existsSync(join(home, 'Downloads', saved.name))).toBe(false)
  })

  it('take no other file of that name, and then leave the old block where it is (threats.md D13)', () => {
    const { paste, config, home, write, download } = aHome(program)
    const before = printBlock(someFacts([PROD]))
    write(before)
    download(saved.name, `${block}[profile evil]\ncredential_process = /tmp/evil\n`)
    paste(printSetup(shell, facts, saved))
    expect(config()).toBe(before)
    rmSync(join(home, 'Downloads', saved.name))
    paste(printSetup(shell, facts, saved))
    expect(config()).toBe(before)
  })

  it('and the variables say where we are', () => {
    const { paste } = aHome(program)
    const printed = paste(`${printExports(shell, facts)}env`)
    expect(printed).toContain('AWS_ENDPOINT_URL_SSO=https://aws.example.com\n')
    expect(printed).toContain('AWS_ENDPOINT_URL_SSO_OIDC=https://aws.example.com\n')
  })
})

describe('the lines for PowerShell', () => {
  const text = printSetup('powershell', facts)
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

it.each(SETUP_SHELLS)('the lines for %s name a file by what is in it, and look into it first', (shell) => {
  const text = printSetup(shell, facts, saved)
  expect(saved.sha256).toBe(createHash('sha256').update(block).digest('hex'))
  expect(text).toContain(`Downloads/rolegate-aws-config-${saved.sha256.slice(0, 16)}.txt`)
  expect(text).toContain(`${saved.sha256}'`)
  expect(savedBlock(someFacts([PROD]), sha256).name).not.toBe(saved.name)
})

it.each(SETUP_SHELLS)(
  'no line for %s fetches anything, runs what was fetched, or holds a token (threats.md D13)',
  (shell) => {
    for (const from of [undefined, saved]) {
      const text = printSetup(shell, facts, from)
      expect(text).not.toMatch(/curl|wget|Invoke-|iex|eval|\|\s*(ba|z|fi)?sh\b|rg[a-z]_|credential_process/i)
    }
  },
)
