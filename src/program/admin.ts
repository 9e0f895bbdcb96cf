import { existsSync, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { openEmergencyDesk, type HostDesk } from '../compose/emergency.ts'
import type { Installation, Names } from '../config/installation.ts'
import { ConfigFaults, printFault } from '../config/load.ts'
import { parseMasterKey } from '../config/master-key.ts'
import { printAim, type Aim } from '../domain/emergency/emergency.ts'
import { asRolegateError } from '../domain/errors.ts'
import type { EmergencyDesk } from '../usecases/emergency/emergency-desk.ts'
import { plain, shellWord } from '../domain/plain.ts'
import { isNoAim, readAdminArgs, type StoreFlags } from './admin-args.ts'
import { printDenies } from './admin-list.ts'
import { isNamed, readAim } from './aim.ts'
import { misused } from './misused.ts'
import { readConfigFile, readInstallation, readNames } from './read-config.ts'
import { VERSION } from './version.ts'

export { USAGE } from './admin-args.ts'

/** `rolegate admin`: 0 done, 1 done and not on record or not to be done now, 2 usage, 3 no store to be opened, 6 no such aim, or several. */
export async function run(args: readonly string[]): Promise<number> {
  const command = readAdminArgs(args)
  if (typeof command === 'string') return misused('admin', command)
  const file = command.config ?? process.env['ROLEGATE_CONFIG'] ?? 'rolegate.yaml'
  const installation = installationOf(file, command)
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
      const names = namesOf(await desk.namesInForce(), readNames(file))
      switch (command.action) {
        case 'list':
          process.stdout.write(printDenies(await desk.list(), (aim) => isNamed(aim, names)))
          return 0
        case 'reload':
          return await reload(desk, file, command.acceptsLockout)
        case 'deny':
        case 'revoke':
        case 'allow': {
          const { action, written, reason } = command
          const closed = action === 'allow' ? await closedAs(written, desk) : undefined
          const aim = closed ?? (await readAim(written, desk, names))
          return await act(action, desk, { aim, by: whoTypes(), reason }, names)
        }
      }
    } finally {
      await desk.close()
    }
  } catch (thrown) {
    return explain(thrown)
  }
}

/** What opens the store, or the sentence that says why it cannot be. */
function installationOf(file: string, flags: StoreFlags): Installation | string {
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

/**
 * The names that the gateways on this store use, and those of the file. A name in both means what is in force, since
 * that has to be closed. Undefined if neither can be read.
 */
function namesOf(inForce: Names | undefined, onDisk: Names | undefined): Names | undefined {
  if (inForce === undefined || onDisk === undefined) return inForce ?? onDisk
  return {
    accounts: new Map([...onDisk.accounts, ...inForce.accounts]),
    roles: new Map([...onDisk.roles, ...inForce.roles]),
    vouchers: new Set([...onDisk.vouchers, ...inForce.vouchers]),
  }
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
  action: 'deny' | 'revoke' | 'allow',
  desk: EmergencyDesk,
  declaration: Parameters<EmergencyDesk['deny']>[0],
  names: Names | undefined,
): Promise<number> {
  const { aim } = declaration
  const name = nameOf(aim)
  switch (action) {
    case 'deny': {
      const { isNew, recorded } = await desk.deny(declaration)
      const is = names === undefined && aim.kind !== 'person' ? 'is on record as closed' : 'is closed'
      process.stdout.write(
        `${name} ${is}${isNew ? '' : ' already'}. Lift it with: rolegate admin allow ${shellWord(plain(printAim(aim)))}\n`,
      )
      if (is !== 'is closed')
        process.stderr.write(
          'warning: whether anything is called that could not be looked up, neither in the file nor in the store: read it again, letter for letter\n',
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

/** Of docs/how-to/emergency.md, which is not at hand where this is typed. */
const LENT = `What AWS has lent already lives on until it ends, 12 hours at most. To cut that off as well:
  1. rolegate audit export: their "issued" and "bearer_released_to_browser" records have role_arn and source_identity
  2. in AWS, on each of these roles, an inline policy that denies "*" on "*" where aws:SourceIdentity equals that
`

function afterwards(recorded: boolean): number {
  process.stdout.write(LENT)
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
  if (code === 'invalid_request')
    return misused('admin', isNoAim(typeof values['written'] === 'string' ? values['written'] : ''))
  process.stderr.write(`error: ${SENTENCES.get(reason ?? '') ?? `nothing was changed: ${code}`}\n`)
  return code === 'config_invalid' ? 3 : 1
}
