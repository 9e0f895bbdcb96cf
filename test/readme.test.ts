import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/cli/commands.ts'
import { HELP } from '../src/program/help.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const { scripts, engines } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>
  engines: { node: string }
}
const SERVER = ['admin', 'audit', 'serve', 'demo', 'check-config', 'schema', 'health']

const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')

/** Without what stands as code, where a bracket is no link. */
const prose = (page: string): string => page.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]+`/g, '')

/** What a heading is linked by, as GitHub makes it. */
const anchorsIn = (page: string): ReadonlySet<string> =>
  new Set(
    [...page.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

describe('the documents', () => {
  it.each(documents)('%s links to files that exist', (file) => {
    const targets = [...prose(read(file)).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(
      ([, target]) => target ?? '',
    )
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(file), target)))).toEqual([])
  })

  it.each(documents)('%s links to headings that exist', (file) => {
    const targets = [...prose(read(file)).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)/g)]
    const missing = targets.filter(([, target = '', anchor = '']) => {
      const page = target === '' ? file : join(dirname(file), target)
      return page.endsWith('.md') && existsSync(join(ROOT, page)) && !anchorsIn(read(page)).has(anchor)
    })
    expect(missing.map(([link]) => link)).toEqual([])
  })

  it.each(documents)('%s names npm scripts and rolegate commands that exist', (file) => {
    const text = read(file)
    const npm = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, script]) => script ?? '')
    expect(npm.filter((script) => !(script in scripts))).toEqual([])
    const typed = [...text.matchAll(/^(?:npx )?rolegate ([a-z-]+)/gm)].map(([, command]) => command ?? '')
    expect(typed.filter((command) => !SERVER.includes(command) && !COMMANDS.has(command))).toEqual([])
  })

  it.each(['ARCHITECTURE.md', 'CONTRIBUTING.md'])('%s names source files that exist', (file) => {
    const folders = ['src', 'test', 'scripts', 'bench']
    const tracked = execFileSync('git', ['ls-files', ...folders], { cwd: ROOT, encoding: 'utf8' }).split('\n')
    const named = [...read(file).matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = '']) => name)
    // `http/routes/x.ts` stands for one that is to be written.
    const missing = named.filter(
      (name) => !name.endsWith('/x.ts') && !tracked.some((path) => path === name || path.endsWith(`/${name}`)),
    )
    expect(named.length).toBeGreaterThan(1)
    expect(missing).toEqual([])
  })

  it('the README’s two commands are the contract’s, and its Node is the package’s', () => {
    expect(read('README.md')).toContain('`npm ci && npm run demo`')
    expect(read('README.md')).toContain('`npm ci && npm test`')
    expect(read('README.md')).toContain(engines.node.replace('>=', ''))
  })

  it('each figure of the README names a bench that exists', () => {
    const named = [...read('README.md').matchAll(/npm run bench -- ([a-z-]+)/g)].map(([, name]) => name ?? '')
    expect(named.length).toBeGreaterThan(0)
    const benches = readdirSync(join(ROOT, 'bench')).map((file) => file.replace(/\.ts$/, ''))
    expect(named.filter((name) => !benches.includes(name))).toEqual([])
  })

  it('the help names every command once', () => {
    for (const command of [...SERVER, ...COMMANDS.keys()]) {
      expect([command, HELP.includes(`  ${command}`)]).toEqual([command, true])
    }
  })
})
