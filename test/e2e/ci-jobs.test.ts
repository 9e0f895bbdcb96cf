import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aWorld, changed, faultsOf } from '../config/a-file.ts'
import { aDemoWithJobs, type DemoWithJobs } from '../support/a-demo-with-jobs.ts'
import { GITHUB_CLAIMS, GITLAB_CLAIMS } from '../support/a-job-issuer.ts'

const page = readFileSync('docs/how-to/ci-and-containers.md', 'utf8')
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)

/** Why the page's scripts cannot run here, or undefined. `--json` came with curl 7.82. */
const noShell = ((): string | undefined => {
  try {
    execFileSync('bash', ['-c', 'jq --version && curl --json x --version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'the page’s scripts need bash, jq and curl 7.82'
  }
})()

describe('docs/how-to/ci-and-containers.md', () => {
  it('shows YAML that is YAML', () => {
    expect(blocks.flatMap((text) => parseAllDocuments(text).flatMap((one) => one.errors))).toEqual([])
  })

  it.each(blocks.filter((text) => text.startsWith('workloads:')))('shows settings that load: %#', (text) => {
    const [workloads = '', rules = ''] = text.split('rules:\n')
    const file = changed(
      ['accounts:\n', `${workloads}accounts:\n`],
      ['pay-prod', 'payments-prod'],
      ['[pay-prod', '[payments-prod'],
      ['store:', `${rules}store:`],
    )
    expect(faultsOf(file, aWorld())).toEqual([])
  })
})

describe.skipIf(noShell !== undefined)(`the page’s own scripts${noShell === undefined ? '' : ` (${noShell})`}`, () => {
  let demo: DemoWithJobs
  let folder: string
  beforeAll(async () => {
    demo = await aDemoWithJobs()
    folder = mkdtempSync(join(tmpdir(), 'rolegate-ci-'))
  })
  afterAll(async () => {
    await demo.close()
    await demo.jobs.close()
    rmSync(folder, { recursive: true })
  })

  /** The script of a step, by the comment it begins with. */
  function script(step: string): string {
    const holds = (value: unknown): string[] =>
      typeof value === 'string'
        ? value.includes(`# step: ${step}\n`)
          ? [value]
          : []
        : typeof value === 'object' && value !== null
          ? Object.values(value).flatMap(holds)
          : []
    const [found = ''] = blocks.flatMap((text) => holds(parse(text)))
    return found
  }
  const bash = (text: string, env: Record<string, string>) =>
    new Promise<{ out: string; err: string; failed: boolean }>((resolve) => {
      execFile(
        'bash',
        ['-c', text],
        { env: { PATH: process.env['PATH'] ?? '', HOME: folder, ROLEGATE_URL: demo.url, ...env }, timeout: 30_000 },
        (failure, out, err) => resolve({ out, err, failed: failure !== null }),
      )
    })

  it('a GitHub job gets the role into its environment, and no secret into its log but what is masked', async () => {
    const jobToken = await demo.jobs.token({ aud: `${demo.url}/workloads` })
    const asked: string[] = []
    demo.jobs.bend.instead = {
      [`/idtoken?api-version=2.0&audience=${demo.url}/workloads`]: (req, res) => {
        asked.push(String(req.headers.authorization))
        res.end(JSON.stringify({ value: jobToken }))
      },
    }
    const into = join(folder, 'github-env')
    writeFileSync(into, '')
    const { out, err, failed } = await bash(
      script('github').replace('payments-prod/readonly', 'payments-dev/developer'),
      {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${demo.jobs.issuer}/idtoken?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
        GITHUB_ENV: into,
      },
    )
    expect([failed, err]).toEqual([false, ''])
    expect(asked).toEqual(['Bearer request-token'])
    const lines = readFileSync(into, 'utf8')
    expect(lines).toMatch(/^AWS_ACCESS_KEY_ID=ASIA\w+\nAWS_SECRET_ACCESS_KEY=\S+\nAWS_SESSION_TOKEN=\S+\n$/)
    expect(out.split('\n').filter((line) => line !== '' && !line.startsWith('::add-mask::'))).toEqual([])
    expect(demo.audit().at(-1)).toMatchObject({ event: 'issued', rule: 'deploys' })
  })

  it('a GitLab job likewise', async () => {
    const gone = Object.fromEntries(Object.keys(GITHUB_CLAIMS).map((name) => [name, undefined]))
    const token = await demo.jobs.token({ ...gone, ...GITLAB_CLAIMS, aud: `${demo.url}/workloads` })
    const { out, err, failed } = await bash(
      `${script('gitlab').replace('payments-prod/readonly', 'data-prod/readonly')}\nprintenv AWS_ACCESS_KEY_ID`,
      { ROLEGATE_TOKEN: token },
    )
    expect([failed, err, /^ASIA\w+\n$/.test(out)]).toEqual([false, '', true])
  })

  it('fails at the first step that is refused, and prints no token', async () => {
    const token = await demo.jobs.token({ aud: 'sts.amazonaws.com' })
    const { out, err, failed } = await bash(script('gitlab'), { ROLEGATE_TOKEN: token })
    expect([failed, out, err.includes('400'), err.includes(token)]).toEqual([true, '', true, false])
  })
})
