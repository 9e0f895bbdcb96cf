import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** `rolegate` as `npm run build` made it, on a machine of its own: nothing of this one's set-up reaches it. */
export function aBuiltProgram(url: string) {
  const home = mkdtempSync(join(tmpdir(), 'rolegate-home-'))
  const env = {
    HOME: home,
    PATH: '/usr/bin:/bin',
    ROLEGATE_URL: url,
    ROLEGATE_CONFIG_DIR: join(home, 'config'),
    ROLEGATE_TOKEN_STORE: 'file',
    ROLEGATE_NO_BROWSER: '1',
    NO_COLOR: '1',
  }

  /** One line of it. `said` waits until a pattern stands on stderr, and answers what of it matched. */
  function rolegate(...args: readonly string[]) {
    const child = spawn(process.execPath, [PROGRAM, ...args], { env })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)))
    return {
      ended,
      out: () => out,
      err: () => err,
      async said(pattern: RegExp): Promise<string> {
        await expect.poll(() => pattern.exec(err)?.[0], { timeout: 20_000, message: err }).toBeDefined()
        return pattern.exec(err)?.[0] ?? ''
      },
    }
  }

  return { rolegate, forget: () => rmSync(home, { recursive: true }) }
}
