import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../src/cli/exit.ts'
import { ERROR_CODES, RolegateError } from '../src/domain/errors.ts'
import { answerFor } from '../src/http/answers.ts'

const read = (file: string) => readFileSync(new URL(`../docs/reference/${file}`, import.meta.url), 'utf8')

/** Every source file of a folder, and of those below it. */
const sourcesOf = (folder: string) => {
  const files = readdirSync(new URL(`../src/${folder}/`, import.meta.url), { encoding: 'utf8', recursive: true })
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(new URL(`../src/${folder}/${file}`, import.meta.url), 'utf8') }))
}
const textOf = (...folders: readonly string[]) =>
  folders.flatMap((folder) => sourcesOf(folder).map(({ text }) => text)).join('\n')

const EVENTS = textOf('domain/audit')

it('errors.md says of every code what the doors say', () => {
  const rows = [...read('errors.md').matchAll(/^\| `(\w+)` +\| (\d+) +\| (\d+) +\| (.+?) +\|$/gm)].map(
    ([, ...row]) => row,
  )
  expect(rows).toEqual(
    ERROR_CODES.map((code) => {
      const { status, title } = answerFor(new RolegateError(code))
      return [code, String(status), String(EXIT[code]), title]
    }),
  )
})

it('audit.md names every event there is', () => {
  const events = [...EVENTS.matchAll(/readonly event: ([^\n;]+)/g)].flatMap(([, names = '']) =>
    [...names.matchAll(/'(\w+)'/g)].map(([, event]) => event ?? ''),
  )
  expect(new Set(events).size).toBeGreaterThan(35)
  expect([...new Set(events)].filter((event) => !read('audit.md').includes(`\`${event}\``))).toEqual([])
})

it('audit.md explains every field of a hand-over, of a request and of a change of the configuration', () => {
  const fields = [...EVENTS.matchAll(/readonly (\w+)\??:/g)].map(([, name = '']) =>
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  )
  // What the record is made of, and is no field of it.
  const parts = new Set(['request', 'facts', 'principal', 'address'])
  const known = [...new Set(fields)].filter((name) => !parts.has(name))
  expect(known.length).toBeGreaterThan(60)
  expect(known.filter((name) => !read('audit.md').includes(`\`${name}\``))).toEqual([])
})

describe('troubleshooting.md', () => {
  const page = readFileSync(new URL('../docs/how-to/troubleshooting.md', import.meta.url), 'utf8')
  const firstCellsOf = (heading: string) =>
    [...(page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '').matchAll(/^\| (`.*?) +\|/gm)].flatMap(
      ([, cell = '']) => [...cell.matchAll(/`(\w+)(?:…|:…)?`/g)].map(([, name = '']) => name),
    )

  it('says of every code what to do', () => {
    expect(firstCellsOf('By code').toSorted()).toEqual([...ERROR_CODES].toSorted())
  })

  it('says of every reason for which a sign-in is refused what it means', () => {
    const source = textOf('adapters/oidc', 'domain/sign-in', 'usecases/sign-in')
    const reasons = new Set([...source.matchAll(/(?:rejected\(|reason: )'(\w+)'/g)].map(([, reason = '']) => reason))
    expect(reasons.size).toBeGreaterThan(15)
    expect([...reasons].filter((reason) => !page.includes(`\`${reason}`))).toEqual([])
  })

  it('says of every condition that pages have a sentence for what to do', () => {
    const source = readFileSync(new URL('../src/http/reasons.ts', import.meta.url), 'utf8')
    const [, map = ''] = /const CONDITION = new Map[^[]*\[([\s\S]*?)\n\]\)/.exec(source) ?? []
    const conditions = [...map.matchAll(/^ {2}\[\s*'(\w+)'|^ {2}\[\n {4}'(\w+)'/gm)].map(
      ([, one, two]) => one ?? two ?? '',
    )
    expect(conditions.length).toBeGreaterThan(30)
    expect(conditions.filter((condition) => !page.includes(`\`${condition}`))).toEqual([])
  })

  it('says of every refusal of AWS that we know what to look at', () => {
    const source = readFileSync(new URL('../src/adapters/aws/sts.ts', import.meta.url), 'utf8')
    const known = [...source.matchAll(/^ {2}\['(\w+)', \{ code: 'aws_refused'/gm)].map(([, name = '']) => name)
    expect(known.length).toBeGreaterThan(7)
    expect(known.filter((name) => !firstCellsOf('When AWS refuses').includes(name))).toEqual([])
  })
})

describe('health.md', () => {
  it('lists every metric with its labels, and none that is gone', () => {
    const source = readFileSync(new URL('../src/adapters/telemetry/metrics.ts', import.meta.url), 'utf8')
    const made = [...source.matchAll(/name: '(rolegate_\w+)',\s+help: '[^']*',(?:\s+labelNames: \[([^\]]*)\])?/g)]
    expect(made.length).toBe(source.match(/name: 'rolegate_/g)?.length)
    const rows = [...read('health.md').matchAll(/^\| `(rolegate_\w+)` +\|([^|]*)\|/gm)]
    const labelsIn = (text = '') => [...text.matchAll(/\w+/g)].map(([label]) => label)
    const byName = (found: readonly RegExpMatchArray[]) =>
      Object.fromEntries(found.map(([, name = '', labels]) => [name, labelsIn(labels)]))
    expect(byName(rows)).toEqual(byName(made))
  })

  it('names what /readyz may say', () => {
    const source = `${textOf('compose')}\n${readFileSync(new URL('../src/compose.ts', import.meta.url), 'utf8')}`
    const said = new Set(
      [
        ...source.matchAll(
          /[['`](idp|directory|workload|issuer|clock|config(?::[\w-]+)?|audit|store|draining)[\]'`:]/g,
        ),
      ].map(([, name = '']) => name),
    )
    expect(said.size).toBeGreaterThan(9)
    expect([...said].filter((name) => !read('health.md').includes(`| \`${name}`))).toEqual([])
  })
})

describe('why a directory does not tell', () => {
  const reasonsIn = (texts: readonly string[]) =>
    texts
      .flatMap((text) => [...text.matchAll(/DirectoryFailure\(\s*['`](\w+)['`$]|'directory:(\w+)'/g)])
      .map(([, ours, whole]) => `directory:${ours ?? whole}`)
  const atDirectories = sourcesOf('adapters/directory')
  const without = (...names: readonly string[]) =>
    reasonsIn([
      ...atDirectories.filter(({ file }) => !names.includes(file)).map(({ text }) => text),
      textOf('usecases/sign-in'),
    ])
  const pages = [
    ['entra', without('google.ts', 'service-account.ts')],
    ['google', without('graph.ts')],
  ] as const

  it.each(pages)('sign-in-with-%s.md says what each reason means', (idp, reasons) => {
    const page = readFileSync(new URL(`../docs/how-to/sign-in-with-${idp}.md`, import.meta.url), 'utf8')
    // Google says of its quota with a 403; Microsoft does not.
    const known = new Set(reasons.filter((reason) => idp === 'google' || !reason.endsWith('_quota')))
    expect(known.size).toBeGreaterThan(12)
    // One that ends so goes on with a status, or with the directory's own word.
    const asWritten = (reason: string) => (reason.endsWith('_') ? `\`${reason}` : `\`${reason}\``)
    expect([...known].filter((reason) => !page.includes(asWritten(reason)))).toEqual([])
  })
})

it('ci-and-containers.md says what each reason means for which a token of a job is refused', () => {
  const reasons = [
    ...textOf('adapters/workload', 'usecases/workload').matchAll(/(?:rejected\(|reason(?::| =) )'(\w+)'/g),
  ]
  const page = readFileSync(new URL('../docs/how-to/ci-and-containers.md', import.meta.url), 'utf8')
  // Of a container token that is asked for, and not of one that is shown.
  const known = new Set(
    reasons.map(([, reason = '']) => reason).filter((reason) => reason !== 'browser_session_for_elevated'),
  )
  expect(known.size).toBeGreaterThan(12)
  expect([...known].filter((reason) => !page.includes(`\`${reason}\``))).toEqual([])
})
