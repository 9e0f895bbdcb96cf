import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aVisitor, type Person } from '../support/a-person.ts'
import { noBotocore, readByBotocore } from '../support/sdk-readers.ts'

let demo: Demo
let alice: Person
let page: string
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
  page = (await alice.get('/setup').expect(200)).text
})
afterAll(() => demo.close())

const textOf = (html: string): string =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
const codeOf = (label: string): string =>
  textOf(new RegExp(`aria-label="${label}"><code>([^]*?)</code>`).exec(page)?.[1] ?? '')

describe('GET /setup', () => {
  it('is linked from the portal, and asks a stranger to sign in and brings them back', async () => {
    expect((await alice.get('/')).text).toContain('href="/setup"')
    const stranger = await aVisitor(demo).get('/setup').expect(303)
    expect(stranger.headers['location']).toContain('/sign-in?returnTo=%2Fsetup')
  })

  it('has lines for each shell, which end by signing in', () => {
    for (const shell of ['bash / zsh', 'fish', 'PowerShell']) {
      expect(codeOf(`For ${shell}`)).toMatch(/\naws sso login --profile payments-dev\.readonly$/)
      expect(codeOf(`Variables for ${shell}`)).toContain(demo.url)
    }
    expect(codeOf('First command')).toBe('aws s3 ls --profile payments-dev.readonly')
  })

  it('pasted into a shell, they make a file that the stock tools read; nothing of ours is installed', () => {
    const home = mkdtempSync(join(tmpdir(), 'rolegate-home-'))
    try {
      const lines = codeOf('For bash / zsh').replace(/\n.*$/, '')
      execFileSync('sh', ['-c', lines], { env: { PATH: '/usr/bin:/bin', HOME: home } })
      const text = readFileSync(join(home, '.aws/config'), 'utf8')
      expect(text).toContain('[profile payments-prod.readonly]')
      expect(text).not.toMatch(/^\[.*admin/m)
      if (noBotocore === undefined) {
        const [read] = readByBotocore([text])
        expect(Object.keys(read?.profiles ?? {})).toContain('payments-dev.developer')
      }
    } finally {
      rmSync(home, { recursive: true })
    }
  })

  it('holds no token and pipes nothing into a shell (threats.md D13)', () => {
    expect(page).not.toMatch(/rg[a-z]_|curl|\|\s*(ba)?sh\b|credential_process/)
    expect(page).not.toContain(alice.jar.header(demo.url).split('=')[1])
  })

  it('offers the lines as a file, which the browser may fetch from this page', async () => {
    const href = textOf(/href="([^"]+)" download/.exec(page)?.[1] ?? '')
    const file = await alice.get(href).set('sec-fetch-site', 'same-origin').expect(200)
    expect(codeOf('For bash / zsh')).toContain(file.text)
    await alice.get(href).set('sec-fetch-site', 'cross-site').expect(403)
  })

  it('has nothing to paste for somebody whom no role is open to, and speaks of none', async () => {
    const nobody = await aPersonAt(demo, 'carol')
    const { text } = await nobody.get('/setup').expect(200)
    expect(text).toContain('You have no role that a terminal could take')
    expect(text).not.toContain('levated')
  })

  it('leads whose roles no stock tool could take to our own program, and says what each asks for', async () => {
    const gina = await aPersonAt(demo, 'gina')
    const { text } = await gina.get('/setup').expect(200)
    expect(textOf(text)).toContain(`rolegate login --server ${demo.url}`)
    expect(text).toContain('payments-prod/operator</a>, once somebody has approved it: rolegate request')
    expect(text).not.toContain('aws sso login')
  })
})

it('has people with very many roles save them first, and paste few lines', async () => {
  const accounts = Array.from({ length: 120 }, (_, index) => index)
    .map((index) => `  many-${index}: { id: "${String(900_000_000_000 + index)}", name: Many, env: dev }`)
    .join('\n')
  const big = await aDemo({ edit: (text) => text.replace(/^accounts:\n/m, `accounts:\n${accounts}\n`) })
  try {
    const alice = await aPersonAt(big, 'alice')
    const { text } = await alice.get('/setup').expect(200)
    expect(text).toContain('Save them as a file')
    const file = await alice.get('/v1/aws-config?format=text').set('sec-fetch-site', 'same-origin').expect(200)
    const name = /filename=(\S+)$/.exec(String(file.headers['content-disposition']))?.[1]
    expect(name).toMatch(/^rolegate-aws-config-[0-9a-f]{16}\.txt$/)
    expect(text).toContain(`Downloads/${name}`)
    expect(text).toContain(createHash('sha256').update(file.text).digest('hex'))
    expect(text).not.toContain('[profile many-1')
  } finally {
    await big.close()
  }
})
