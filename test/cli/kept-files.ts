import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyFor, openSealed, seal } from '../../src/cli/kept/sealed.ts'

type Servers = Record<string, { accessToken: string; refreshToken: string; expiresAt: string }>

/** The sign-ins kept in a folder's tokens.enc, by origin. */
export function readTokens(folder: string): Servers {
  const path = join(folder, 'tokens.enc')
  if (!existsSync(path)) return {}
  const { servers } = JSON.parse(openSealed(tokensKey(folder), readFileSync(path), 'tokens')) as {
    servers: Record<string, string>
  }
  return Object.fromEntries(Object.entries(servers).map(([origin, text]) => [origin, JSON.parse(text)]))
}

/** Leaves a folder as the client would after signing in at each of these origins. */
export function writeTokens(folder: string, servers: Readonly<Record<string, object>>, store = 'file'): void {
  mkdirSync(join(folder, 'sign-ins'), { recursive: true })
  if (!existsSync(join(folder, 'local.key'))) writeFileSync(join(folder, 'local.key'), randomBytes(32), { mode: 0o600 })
  const texts = Object.entries(servers).map(([origin, tokens]) => [origin, JSON.stringify(tokens)])
  const sealed = seal(tokensKey(folder), JSON.stringify({ servers: Object.fromEntries(texts) }), 'tokens')
  writeFileSync(join(folder, 'tokens.enc'), sealed, { mode: 0o600 })
  for (const origin of Object.keys(servers)) {
    const mark = { version: 1, origin, store, signIn: randomBytes(16).toString('hex') }
    writeFileSync(join(folder, 'sign-ins', `${encodeURIComponent(origin)}.json`), JSON.stringify(mark))
  }
}

const tokensKey = (folder: string): Buffer => keyFor(readFileSync(join(folder, 'local.key')), 'tokens')
