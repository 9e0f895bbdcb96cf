import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Config } from '../config/config.ts'
import { peopleIn } from './check/people.ts'
import { printReport } from './check/print.ts'
import type { Seen } from './check/online.ts'
import type { Running } from './check/running.ts'
import { EXIT, reportOn } from './check/report.ts'

export const USAGE = `rolegate check-config FILE [--tests] [--diff FILE|URL] [--people AUDIT] [--online] [--strict [--accept LINT]...] [--without-secrets] [--json]

  --tests             say of each question in the file's own tests what came of it
  --diff FILE|URL     what FILE opens and closes that this other one did not, or the gateway at URL,
                      asked as you are signed in there; exit 10 when they differ, 11 when somebody
                      else should look at it too
  --people AUDIT      look at the people in this audit file: which groups of the rules nobody is in,
                      and with --diff who gains and loses what
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
      people: { type: 'string' },
      tests: { type: 'boolean', default: false },
      online: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      accept: { type: 'string', multiple: true, default: [] },
      'without-secrets': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'insecure-dev': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return say(USAGE, 0)
  const [file, ...others] = positionals
  if (file === undefined || others.length > 0) return refuse(USAGE, 2)
  if (values.accept.length > 0 && !values.strict) return refuse('error: --accept goes with --strict\n', 2)
  for (const named of [file, values.diff, values.people]) {
    if (named !== undefined && !isAddress(named) && !existsSync(named))
      return refuse(`error: there is no file ${named}. Start from config/getting-started.example.yaml.\n`, EXIT.faults)
  }
  let against: string | Running | undefined = values.diff
  if (against !== undefined && isAddress(against)) {
    const running = await askRunning(against)
    if (typeof running === 'number') return running
    against = running
  }
  const report = await reportOn(file, {
    insecureDev: values['insecure-dev'],
    // What a laptop and CI look at: rules. The secrets stand where the file is served.
    withoutSecrets: values['without-secrets'] || values.tests || values.diff !== undefined,
    tests: values.tests,
    strict: values.strict,
    accept: values.accept,
    ...(against !== undefined && { against }),
    ...(values.online && { online: askOnline }),
    ...(values.people !== undefined && { people: await peopleIn(values.people) }),
  })
  if (values.json) return say(`${JSON.stringify(report, null, 2)}\n`, report.exit)
  const { out, err } = printReport(report)
  process.stderr.write(err)
  return say(out, report.exit)
}

const isAddress = (named: string): boolean => /^https?:\/\//.test(named)

/** What a gateway has in force; or the exit code, when it would not say. */
async function askRunning(url: string): Promise<Running | number> {
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
    return refuse(
      failureLines(thrown)
        .map((line) => `${line}\n`)
        .join(''),
      exits[asRolegateError(thrown).code],
    )
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
