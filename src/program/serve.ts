import { parseArgs } from 'node:util'
import { openGateway } from '../compose/gateway.ts'
import type { Host } from '../compose/host.ts'
import type { FromLastGood } from '../compose/world.ts'
import { ConfigFaults, type Loaded } from '../config/load.ts'
import { printPath } from '../config/faults.ts'
import { plain } from '../domain/plain.ts'
import { unusablePlaces } from './check/places.ts'
import { loadLastGood } from './last-good.ts'
import { makeReader, tellFaults } from './read-config.ts'
import { refuseUnsafeProcess } from './unsafe-process.ts'
import { untilStopped } from './signals.ts'
import { VERSION } from './version.ts'
import { watchConfig } from './watch-config.ts'

export const USAGE = `rolegate serve [--config FILE] [--insecure-dev] [--accept-new-issuer] [--last-good]

  --config FILE         default: $ROLEGATE_CONFIG, else rolegate.yaml
  --insecure-dev        allow http and loopback endpoints, for development
  --accept-new-issuer   the issuer URL changed on purpose: make it a new key
  --last-good           where the file will not do, what was in force last, unless something was closed since

SIGHUP takes the file up again, as a change of it does by itself; SIGTERM finishes what is under way and ends.
`

/** `rolegate serve`: 0 after a clean stop, 2 usage, 3 when the file or the process will not do. */
export async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (options['last-good'] === true && options['accept-new-issuer'] === true) {
    process.stderr.write(
      'error: --last-good and --accept-new-issuer exclude each other: a new issuer is taken from a file that is right\n',
    )
    return 2
  }
  const insecureDev = options['insecure-dev'] === true
  const unsafe = refuseUnsafeProcess(process, insecureDev)
  if (unsafe !== undefined) {
    process.stderr.write(`error: ${unsafe}\n`)
    return 3
  }
  const file = options.config ?? process.env['ROLEGATE_CONFIG'] ?? 'rolegate.yaml'
  const how = { insecureDev, purpose: 'serve' } as const
  const reader = makeReader(file, how)
  const read = tellFaults(file, reader.read)
  const host = hostOf(options['accept-new-issuer'] === true)
  const lastGood =
    read instanceof ConfigFaults && options['last-good'] === true
      ? await loadLastGood(file, read, how, host)
      : undefined
  const loaded = lastGood?.loaded ?? read
  if (loaded === undefined || loaded instanceof ConfigFaults) return 3
  if (loaded.config.masterKeys.length === 0) {
    process.stderr.write(
      'error: secrets.master_key_file (or _env) is not set. Make one:  openssl rand -base64 32 > master.key && chmod 600 master.key\n',
    )
    return 3
  }
  warnOfUnknownClients(loaded.config)
  return start(loaded, { reader, host, from: lastGood?.from })
}

/**
 * threats.md D2, R12: behind a proxy that is not trusted every client's address is unknown, and an unknown address
 * never counts as the same place.
 */
function warnOfUnknownClients({ server }: Loaded['config']): void {
  if (!server.publicUrl.startsWith('https:') || server.trustedProxies.length > 0) return
  process.stderr.write(
    'warning: TLS ends in front of this process, and server.trusted_proxies names nobody: no client’s address is known, so every terminal counts as one from another network. Name your proxy, as in [127.0.0.1/32].\n',
  )
}

const hostOf = (acceptNewIssuer: boolean): Host => ({
  now: () => new Date(),
  print: (text) => process.stdout.write(text),
  version: VERSION,
  demo: false,
  acceptNewIssuer,
})

async function start(
  loaded: Loaded,
  { reader, host, from }: { reader: ReturnType<typeof makeReader>; host: Host; from: FromLastGood | undefined },
): Promise<number> {
  const { server } = loaded.config
  const gateway = await openGateway(loaded, host, from).catch((thrown: unknown) => explainStart(thrown, loaded.config))
  if (gateway === undefined) return 3
  const { reload, isAsked } = gateway
  process.on('SIGHUP', () => void reload('signal', reader.readAside))
  const watch = watchConfig({ lookedAt: reader.lookedAt, isAsked, reload: (why) => reload(why, reader.readAside) })
  try {
    const [port, managementPort] = await gateway.listen()
    process.stderr.write(
      `rolegate ${VERSION} listens on ${server.listen.host}:${port}, management on ${server.management.host}:${managementPort}\n`,
    )
    await untilStopped(process)
    return 0
  } catch (thrown) {
    process.stderr.write(`error: cannot listen: ${(thrown as Error).message}\n`)
    return 3
  } finally {
    watch.stop()
    await gateway.close()
  }
}

/** Why the gateway would not start, for somebody who reads it at night. */
function explainStart(thrown: unknown, config: Pick<Loaded['config'], 'store' | 'audit'>): undefined {
  const { code, reason, message, values } = thrown as {
    code?: string
    reason?: string
    message?: string
    values?: Record<string, unknown>
  }
  const sentences: Record<string, string> = {
    sealing_key_mismatch:
      'the store was sealed with another master key. Mount the right one (or add it under secrets.previous); Rolegate will not make new signing keys over old ones.',
    emergencies_unreadable:
      'the row of the store that says what `rolegate admin deny` closed does not open: it was moved, edited, or sealed under another key. Taking it for empty would open what was closed. Restore the store from a backup; without one, see docs/how-to/emergency.md.',
    issuer_changed: `the issuer URL is fixed for life: AWS accounts trust ${String(values?.['former'])}, the file says ${String(values?.['issuer'])}. If you mean it, start once with --accept-new-issuer and change every IAM provider.`,
  }
  const [unusable] = unusablePlaces(config)
  const nowhere = unusable && `${printPath(unusable.path)}: ${plain(unusable.why)}`
  const unopened =
    code === 'store_unavailable' && config.store.driver === 'sqlite'
      ? `the store at ${plain(config.store.path)} cannot be used: the user the gateway runs as has to be able to write it, and beside it`
      : undefined
  process.stderr.write(
    `error: ${(reason !== undefined && sentences[reason]) || nowhere || unopened || message || 'the gateway did not start'}\n`,
  )
  const { cause } = thrown as { cause?: { message?: string } }
  if (cause?.message !== undefined) process.stderr.write(`  ${cause.message}\n`)
  return undefined
}

const readOptions = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      config: { type: 'string' },
      'insecure-dev': { type: 'boolean' },
      'accept-new-issuer': { type: 'boolean' },
      'last-good': { type: 'boolean' },
    },
  }).values
