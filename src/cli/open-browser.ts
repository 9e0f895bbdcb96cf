import { join } from 'node:path/posix'
import type { CliWorld, Environment } from './world.ts'

type Opener = readonly [string, ...string[]]

/** Each system's own opener. None of them passes the address through a shell. */
const OPENERS: Readonly<Record<string, Opener>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}
/** WSL opens Windows' browser, which reaches this side's 127.0.0.1. */
const WSL_OPENERS: readonly Opener[] = [['wslview'], ['rundll32.exe', 'url.dll,FileProtocolHandler']]
const XDG_OPEN: Opener = ['xdg-open']

export const isWsl = (env: Environment): boolean => Boolean(env['WSL_DISTRO_NAME'] || env['WSL_INTEROP'])

/** The command that opens a browser here; undefined on a WSL that has none. Elsewhere, only trying tells. */
export function openerOf({ env, platform, exists }: Pick<CliWorld, 'env' | 'platform' | 'exists'>): Opener | undefined {
  if (!isWsl(env)) return OPENERS[platform] ?? XDG_OPEN
  const isThere = ([command]: Opener) =>
    (env['PATH'] ?? '').split(':').some((folder) => folder !== '' && exists(join(folder, command)))
  const hasDisplay = Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
  return WSL_OPENERS.find(isThere) ?? (hasDisplay && isThere(XDG_OPEN) ? XDG_OPEN : undefined)
}

/** True when a browser was started. The address stands in a process list: it must hold no secret (security.md D-24, D-25). */
export async function openBrowser(world: CliWorld, address: URL): Promise<boolean> {
  const [command, ...args] = openerOf(world) ?? XDG_OPEN
  const end = await world.spawn({ command, args: [...args, address.href], env: world.env, place: 'background' })
  return end.started
}
