import type { CliWorld } from './world.ts'

/** Each system's own opener. None of them passes the address through a shell. */
const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** True when a browser was started. The address stands in a process list: it must hold no secret (security.md D-24, D-25). */
export async function openBrowser({ spawn, env, platform }: CliWorld, address: URL): Promise<boolean> {
  const [command, ...args] = OPENERS[platform] ?? ['xdg-open']
  const end = await spawn({ command, args: [...args, address.href], env, place: 'background' })
  return end.started
}
