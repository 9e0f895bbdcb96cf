import { accessSync, constants, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Config } from '../config/config.ts'
import { didYouMean } from '../config/did-you-mean.ts'
import { LINTS } from '../config/lint/names.ts'
import { plain } from '../domain/plain.ts'
import { NoAuditFile, peopleIn } from './check/people.ts'
import { printReport } from './check/print.ts'
import type { Seen } from './check/online.ts'
import type { Running } from './check/running.ts'
import { EXIT, reportOn, type Report } from './check/report.ts'
import { misused } from './misused.ts'

export const USAGE = `rolegate check-config FILE [--tests] [--diff FILE|URL] [--people AUDIT]... [--online] [--strict [--accept LINT]...] [--without-secrets] [--json]

  --tests             say of each question in the file's own tests what came of it
  --diff FILE|URL     what FILE opens and closes that this other one did not, or the gateway at URL,
                      asked as you are signed in there; exit 10 when they differ, 11 when somebody
                      else should look at it too
  --people AUDIT      look at the people in this audit file, plain or gzipped: which groups of the rules
                      nobody is in, and with --diff who gains and loses what; may be given several times
  --online            ask IdPs, our own issuer and STS over the network whether they are who FILE says
  --strict            warnings fail too
  --accept LINT       with --strict: but not these, by the name in brackets at their end
  --without-secrets   read no secret, key or certificate, as --tests and --diff do
  --json              one JSON document on stdout, and nothing on stderr
  --insecure-dev      allow http and loopback endpoints, for development
`

/** `rolegate check-config FILE`: 0 when it loads and its own tests pass, 3 with every fault otherwise; 10 and 11 by --diff. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      diff: { type: 'string' },
      people: { type: 'string', multiple: true, default: [] },
      tests: { type: 'boolean', default: false },
      online: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      accept: { type: 'string', multiple: true, default: [] },
      'without-secrets': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'insecure-dev': { type: 'boolean', default: false },
    },
  })
  const [file, ...others] = positionals
  if (file === undefined) return misused('check-config', 'say which file: rolegate check-config rolegate.yaml')
  if (others[0] !== undefined) return misused('check-config', `“${plain(others[0])}” is one word too many`)
  if (values.accept.length > 0 && !values.strict) return refuse('error: --accept goes with --strict\n', 2)
  // `--online` without reading secrets would not read the certificate that signs an IdP's metadata, so metadata would
  // pass unverified.
  const unread = (['tests', 'diff', 'without-secrets'] as const).find(
    (option) => values[option] !== undefined && values[option] !== false,
  )
  if (values.online && unread !== undefined)
    return refuse(`error: --online reads the certificates that --${unread} leaves unread: ask in two runs\n`, 2)
  const misspelt = values.accept.find((name) => !LINTS.some((one) => one === name))
  if (misspelt !== undefined)
    return refuse(`error: --accept: no advice is called "${misspelt}"${didYouMean(misspelt, LINTS)}\n`, 2)
  const { json, diff } = values
  const isRunning = diff !== undefined && /^https?:\/\//.test(diff)
  // Of these three only what to compare with may be an address.
  for (const named of [file, isRunning ? undefined : diff, ...values.people]) {
    const fault = named === undefined ? undefined : whyUnreadable(named)
    if (named === undefined || fault === undefined) continue
    const start = named === file && fault === 'is not there' ? '. Start from config/getting-started.example.yaml' : ''
    if (json) return sayFault(file, named, `${fault}${start}`, EXIT.faults)
    return refuse(`error: ${named} ${fault}${start}\n`, EXIT.faults)
  }
  let against: string | Running | undefined = diff
  if (isRunning) {
    const running = await askRunning(diff)
    if ('lines' in running) {
      if (json) return sayFault(file, diff, running.lines.join(' '), running.exit)
      return refuse(running.lines.map((line) => `${line}\n`).join(''), running.exit)
    }
    against = running
  }
  const people = values.people.length === 0 ? undefined : await peopleIn(...values.people).catch(asNoAuditFile)
  if (people instanceof NoAuditFile) {
    if (json) return sayFault(file, people.file, people.message, EXIT.faults)
    return refuse(`error: ${plain(people.file)} ${people.message}\n`, EXIT.faults)
  }
  const report = await reportOn(file, {
    insecureDev: values['insecure-dev'],
    // What a laptop and CI look at: rules. The secrets stand where the file is served.
    withoutSecrets: values['without-secrets'] || values.tests || diff !== undefined,
    tests: values.tests,
    strict: values.strict,
    accept: values.accept,
    ...(against !== undefined && { against }),
    ...(values.online && { online: askOnline }),
    ...(people !== undefined && { people }),
  })
  if (json) return say(`${JSON.stringify(report, null, 2)}\n`, report.exit)
  const { out, err } = printReport(report)
  process.stderr.write(err)
  return say(out, report.exit)
}

function asNoAuditFile(thrown: unknown): NoAuditFile {
  if (thrown instanceof NoAuditFile) return thrown
  throw thrown
}

/** Looked at and not read: it may be a pipe. */
function whyUnreadable(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return 'cannot be read (EISDIR)'
    accessSync(path, constants.R_OK)
    return undefined
  } catch (thrown) {
    const { code = '' } = thrown as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`
  }
}

/** With --json, whatever keeps a check from being made is a fault too, with no place in a file. */
function sayFault(file: string, about: string, message: string, exit: number): number {
  const faults = [{ file: about, line: 0, column: 0, path: '', message }]
  const report: Report = { file, ok: false, exit, secrets: 'not_read', faults, warnings: [] }
  return say(`${JSON.stringify(report, null, 2)}\n`, exit)
}

/** What a gateway has in force; or why it would not say. */
async function askRunning(
  url: string,
): Promise<Running | { readonly lines: readonly string[]; readonly exit: number }> {
  const [{ readRunning }, { cliWorld }, { failureLines }, { EXIT: exits }, { asRolegateError }] = await Promise.all([
    import('./check/running.ts'),
    import('./cli.ts'),
    import('../cli/failure.ts'),
    import('../cli/exit.ts'),
    import('../domain/errors.ts'),
  ])
  try {
    return await readRunning(url, cliWorld(new AbortController()))
  } catch (thrown) {
    return { lines: failureLines(thrown), exit: exits[asRolegateError(thrown).code] }
  }
}

async function askOnline(config: Config): Promise<readonly Seen[]> {
  const [{ lookOnline }, { IDP_BOUNDS, makeBoundedFetch }, { MOST_METADATA_BYTES }] = await Promise.all([
    import('./check/online.ts'),
    import('../adapters/oidc/bounded-fetch.ts'),
    import('../adapters/saml/metadata.ts'),
  ])
  const fetch = makeBoundedFetch({ ...IDP_BOUNDS, bytes: MOST_METADATA_BYTES })
  return lookOnline(config, { fetch, now: new Date() })
}

function say(text: string, exit: number): number {
  process.stdout.write(text)
  return exit
}

function refuse(text: string, exit: number): number {
  process.stderr.write(text)
  return exit
}
