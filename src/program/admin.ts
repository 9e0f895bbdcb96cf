import { existsSync, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { openEmergencyDesk, type HostDesk } from '../compose/emergency.ts'
import type { Installation, Names } from '../config/installation.ts'
import { ConfigFaults, printFault } from '../config/load.ts'
import { parseMasterKey } from '../config/master-key.ts'
import { printAim, type Aim } from '../domain/emergency/emergency.ts'
import { asRolegateError } from '../domain/errors.ts'
import type { EmergencyDesk } from '../usecases/emergency/emergency-desk.ts'
import { readAim } from './aim.ts'
import { plain } from '../domain/plain.ts'
import { readConfigFile, readInstallation, readNames } from './read-config.ts'
import { VERSION } from './version.ts'

export const USAGE = `rolegate admin deny AIM --reason TEXT     close it now, and end the sessions it is about
rolegate admin revoke AIM --reason TEXT   end the sessions; who may sign in may do so again
rolegate admin allow AIM                  lift a deny
rolegate admin list                       the denies in force
rolegate admin reload [--accept-lockout]  have the gateways take up the file

AIM is role:ALIAS/ROLE, role:ALIAS/* (a whole account), idp:ID (of an IdP or a workload), or person:NAME: a user name or a subject,
or IDP/ and one of them.

  --config FILE     default: $ROLEGATE_CONFIG, else rolegate.yaml. Only its store, secrets, issuer and audit have to be right
  --reason TEXT     for the audit trail
  --accept-lockout  the file as it is now may leave no operator: a running gateway refuses that otherwise

When not even that can be read, in place of --config:
  --store FILE --master-key-file FILE --issuer URL

It works on the host, on the gateway's own store, and needs no reload: every gateway on that store asks it before it hands anything over.
Run it as the user the gateway runs as.
`

const ACTIONS = ['deny', 'revoke', 'allow', 'list', 'reload'] as const
type Action = (typeof ACTIONS)[number]

/** `rolegate admin`: 0 done, 1 done and not on record or not to be done now, 2 usage, 3 no store to be opened, 6 no such aim, or several. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      reason: { type: 'string' },
      'accept-lockout': { type: 'boolean', default: false },
      store: { type: 'string' },
      'master-key-file': { type: 'string' },
      issuer: { type: 'string' },
    },
  })
  const [action, written, ...rest] = positionals
  const needsReason = action === 'deny' || action === 'revoke'
  const isWhole =
    action === 'list' || action === 'reload' ? written === undefined : written !== undefined && rest.length === 0
  const acceptsLockout = values['accept-lockout']
  if (!isAction(action) || !isWhole || (needsReason && !values.reason) || (acceptsLockout && action !== 'reload')) {
    process.stderr.write(USAGE)
    return 2
  }
  const file = values.config ?? process.env['ROLEGATE_CONFIG'] ?? 'rolegate.yaml'
  const installation = installationOf(file, values)
  if (typeof installation === 'string') {
    process.stderr.write(`error: ${installation}\n`)
    return 3
  }
  try {
    const desk = await openEmergencyDesk(installation, {
      now: () => new Date(),
      print: (text) => process.stderr.write(text),
      version: VERSION,
      demo: false,
      acceptNewIssuer: false,
    })
    try {
      if (action === 'list') return await list(desk)
      if (action === 'reload') return await reload(desk, file, acceptsLockout)
      const closed = action === 'allow' ? await closedAs(written ?? '', desk) : undefined
      const aim = closed ?? (await readAim(written ?? '', desk, namesIn(file)))
      return await act(action, desk, { aim, by: whoTypes(), reason: values.reason ?? '' })
    } finally {
      await desk.close()
    }
  } catch (thrown) {
    return explain(thrown)
  }
}

const isAction = (action: string | undefined): action is Action => ACTIONS.some((one) => one === action)

type Flags = { readonly [name in 'store' | 'master-key-file' | 'issuer']?: string | undefined }

/** What opens the store, or the sentence that says why it cannot be. */
function installationOf(file: string, flags: Flags): Installation | string {
  const { store, issuer, 'master-key-file': keyFile } = flags
  const given = [store, issuer, keyFile].filter((flag) => flag !== undefined)
  if (given.length > 0 && given.length < 3) return '--store, --master-key-file and --issuer go together'
  try {
    const found =
      store === undefined || issuer === undefined || keyFile === undefined
        ? readInstallation(file)
        : byFlags(store, issuer, keyFile)
    if (typeof found === 'string') return found
    if (found.store.driver === 'memory')
      return 'store.driver is memory: that store is inside the gateway and ends with it. Restart the gateway to end all sessions'
    if (!existsSync(found.store.path)) return `there is no store at ${found.store.path}`
    warnOfOwner(found.store.path)
    return found
  } catch (thrown) {
    if (thrown instanceof ConfigFaults)
      return `what opens the store cannot be read from ${file}; fix that, or use --store, --master-key-file and --issuer\n${thrown.faults.map((fault) => plain(printFault(file, fault))).join('\n')}`
    throw thrown
  }
}

function byFlags(path: string, url: string, keyFile: string): Installation | string {
  const key = existsSync(keyFile) ? parseMasterKey(readFileSync(keyFile)) : 'is not there'
  if (typeof key === 'string') return `${keyFile} ${key}`
  return {
    masterKeys: [key],
    store: { driver: 'sqlite', path },
    issuer: { url },
    audit: { sinks: [{ type: 'store' }], redact: [] },
  }
}

/** SQLite keeps files beside its own: made by root, they would lock the gateway out. */
function warnOfOwner(path: string): void {
  const { uid } = statSync(path)
  if (process.getuid === undefined || process.getuid() === uid) return
  process.stderr.write(
    `warning: the store belongs to user ${uid}, and you are ${process.getuid()}: better run this as that user\n`,
  )
}

/** What the file calls things, so that a misspelt role is noticed. */
function namesIn(file: string): Names | undefined {
  const names = readNames(file)
  if (names === undefined)
    process.stderr.write(`warning: ${file} cannot be read, so names of roles and IdPs are not checked\n`)
  return names
}

/** What is closed under this name, whether or not file and directory still know it. */
async function closedAs(written: string, desk: Pick<EmergencyDesk, 'list'>): Promise<Aim | undefined> {
  const named = (await desk.list()).filter(
    ({ aim }) => printAim(aim) === written || (aim.kind === 'person' && `person:${aim.subject}` === written),
  )
  return named.length === 1 ? named[0]?.aim : undefined
}

/** The account on this host; behind sudo, who they really are. */
function whoTypes(): string {
  const sudo = process.env['SUDO_USER']
  const { username } = attempt(() => userInfo()) ?? { username: `uid ${process.getuid?.() ?? ''}` }
  return sudo === undefined || sudo === username ? username : `${sudo} as ${username}`
}

function attempt<Value>(run: () => Value): Value | undefined {
  try {
    return run()
  } catch {
    // A container may run as a number without a name.
    return undefined
  }
}

async function act(
  action: Exclude<Action, 'list' | 'reload'>,
  desk: EmergencyDesk,
  declaration: Parameters<EmergencyDesk['deny']>[0],
): Promise<number> {
  const { aim } = declaration
  const name = nameOf(aim)
  switch (action) {
    case 'deny': {
      const { isNew, recorded } = await desk.deny(declaration)
      process.stdout.write(
        `${name} is closed${isNew ? '' : ' already'}. Lift it with: rolegate admin allow ${plain(printAim(aim))}\n`,
      )
      return afterwards(recorded)
    }
    case 'revoke': {
      if (aim.kind === 'role') {
        process.stderr.write('error: no session belongs to a role; close the role with: rolegate admin deny\n')
        return 2
      }
      const { recorded } = await desk.revoke(declaration)
      process.stdout.write(`the sessions of ${name} are over.\n`)
      return afterwards(recorded)
    }
    case 'allow':
      if (await desk.allow(declaration)) process.stdout.write(`${name} is no longer closed by an emergency deny.\n`)
      else process.stdout.write(`${name} is not closed by an emergency deny.\n`)
      return 0
  }
}

function afterwards(recorded: boolean): number {
  process.stdout.write('What AWS has lent already lives on until it ends: see docs/how-to/emergency.md\n')
  if (recorded) return 0
  process.stderr.write('error: it is done, and the audit log could not be written: make a note of it yourself\n')
  return 1
}

/** A directory says what people are called (threats.md H10). */
const nameOf = (aim: Aim): string =>
  plain(aim.kind === 'person' ? `${printAim(aim)} (${aim.subject} of ${aim.issuer})` : printAim(aim))

/** Of the file as it is now: what is written into it later is not what was accepted. */
async function reload(desk: HostDesk, file: string, acceptsLockout: boolean): Promise<number> {
  const loaded = readConfigFile(file, { insecureDev: true, purpose: 'check', withoutSecrets: true })
  if (loaded === undefined) return 3
  await desk.askReload({ hash: loaded.hash, acceptsLockout, by: whoTypes() })
  process.stdout.write(
    `asked: the gateways on this store take up ${plain(file)} (${loaded.hash}) within seconds${acceptsLockout ? ', even if it leaves no operator' : ''}. What came of it: their log, and /admin/status.\n`,
  )
  return 0
}

async function list(desk: EmergencyDesk): Promise<number> {
  const denies = await desk.list()
  if (denies.length === 0) process.stdout.write('nothing is closed.\n')
  for (const { aim, since, by, reason } of denies)
    process.stdout.write(`${nameOf(aim)}  since ${since}  by ${plain(by)}: ${plain(reason)}\n`)
  return 0
}

const SENTENCES = new Map([
  ['sealing_key_mismatch', 'the store was sealed with another master key'],
  ['issuer_changed', 'the store belongs to another issuer URL'],
  ['no_master_key', 'secrets.master_key_file (or _env) is not set: without it the store cannot be opened'],
])

function explain(thrown: unknown): number {
  const { code, reason, values } = asRolegateError(thrown)
  const candidates = Array.isArray(values['candidates']) ? (values['candidates'] as readonly string[]) : []
  if (code === 'role_unknown' || code === 'role_ambiguous') {
    process.stderr.write(
      `error: ${plain(String(values['what'] ?? (code === 'role_unknown' ? 'nobody who signed in lately is called that' : 'several are called that')))}\n`,
    )
    for (const candidate of candidates) process.stderr.write(`  ${plain(candidate)}\n`)
    return 6
  }
  if (code === 'invalid_request') {
    process.stderr.write(USAGE)
    return 2
  }
  process.stderr.write(`error: ${SENTENCES.get(reason ?? '') ?? `nothing was changed: ${code}`}\n`)
  return code === 'config_invalid' ? 3 : 1
}
