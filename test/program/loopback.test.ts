import { spawnSync } from 'node:child_process'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Heard } from '../../src/cli/world.ts'
import { listenOnLoopback } from '../../src/program/loopback.ts'

/** A listener that notes what it heard. */
async function aListener() {
  const heard: Heard[] = []
  const listener = await listenOnLoopback((asked, port) => {
    heard.push(asked)
    return { status: 200, body: `<p>port ${port}</p>` }
  })
  if (listener === undefined) throw new Error('no port')
  onTestFinished(() => listener.close())
  return { ...listener, heard }
}

const ask = (port: number, options: object): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, ...options }, resolve)
      .once('error', reject)
      .end()
  })

const isRefused = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('error', () => resolve(true))
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })

describe('the port that a login listens on (security.md D-24)', () => {
  it('hands over method, target and Host as they came, and answers with a page that nobody keeps and nothing runs on', async () => {
    const { port, heard } = await aListener()
    const answer = await ask(port, { method: 'POST', path: '/callback?code=x', headers: { host: 'evil.example.com' } })
    expect(heard).toEqual([{ method: 'POST', target: '/callback?code=x', host: 'evil.example.com' }])
    expect(await text(answer)).toBe(`<p>port ${port}</p>`)
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      connection: 'close',
    })
  })

  it('is another one each time, on 127.0.0.1 alone', async () => {
    const [one, other] = [await aListener(), await aListener()]
    expect(one.port).not.toBe(other.port)
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .map(({ address }) => address)
      .filter((address) => address !== '127.0.0.1' && !address.startsWith('fe80'))
    for (const host of ['::1', '127.0.0.2', ...others])
      expect([host, await isRefused(host, one.port)]).toEqual([host, true])
  })

  it('is closed for whoever comes later', async () => {
    const listener = await aListener()
    listener.close()
    expect(await isRefused('127.0.0.1', listener.port)).toBe(true)
  })

  it('does not keep the program for a connection that a browser opened ahead of need', () => {
    const script = `
      import { connect } from 'node:net'
      import { listenOnLoopback } from './src/program/loopback.ts'
      const listener = await listenOnLoopback(() => ({ status: 200, body: '' }))
      const idle = connect(listener.port, '127.0.0.1', () => setImmediate(() => listener.close()))
      idle.unref()`
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      timeout: 15_000,
    })
    expect(status).toBe(0)
  })
})
