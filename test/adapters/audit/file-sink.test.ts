import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeFileSink } from '../../../src/adapters/audit/file-sink.ts'
import { makeGroupedSink } from '../../../src/adapters/audit/grouped-sink.ts'

const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index))

/** A disk whose appends end when the test says so. */
function aDisk() {
  const appends: { text: string; end: (failure?: Error) => void }[] = []
  let closed = 0
  const sink = makeGroupedSink({
    append: (text) =>
      new Promise((resolve, reject) => {
        appends.push({ text, end: (failure) => (failure === undefined ? resolve() : reject(failure)) })
      }),
    async close() {
      closed += 1
    },
  })
  /** Lets whatever is waiting on settled promises go on. */
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { sink, appends, settle, closedTimes: () => closed }
}

describe('group commit', () => {
  it('appends what waits at the same time once, whole and in order', async () => {
    const { sink, appends, settle } = aDisk()
    const written = times(100, (i) => `line ${i}`).map((line) => sink.write(line))
    await settle()
    expect(appends.map(({ text }) => text)).toEqual([times(100, (i) => `line ${i}\n`).join('')])
    appends[0]?.end()
    await Promise.all(written)
  })

  it('has one append under way, and sends with the next whatever came meanwhile', async () => {
    const { sink, appends, settle } = aDisk()
    const first = sink.write('1')
    await settle()
    const later = ['2', '3', '4'].map((line) => sink.write(line))
    await settle()
    expect(appends).toHaveLength(1)
    appends[0]?.end()
    await first
    await settle()
    expect(appends.map(({ text }) => text)).toEqual(['1\n', '2\n3\n4\n'])
    appends[1]?.end()
    await Promise.all(later)
  })

  it('answers nobody before his own line is on the disk (security.md A-2)', async () => {
    const { sink, appends, settle } = aDisk()
    const answered: string[] = []
    const first = sink.write('1').then(() => answered.push('1'))
    await settle()
    const second = sink.write('2').then(() => answered.push('2'))
    await settle()
    expect(answered).toEqual([])
    appends[0]?.end()
    await first
    await settle()
    expect(answered).toEqual(['1'])
    appends[1]?.end()
    await second
  })

  it('fails everybody whose line was in a failed append, and nobody else (threats.md A3)', async () => {
    const { sink, appends, settle } = aDisk()
    const group = ['1', '2', '3'].map((line) => sink.write(line))
    await settle()
    const next = sink.write('4')
    appends[0]?.end(new Error('ENOSPC'))
    const ended = await Promise.allSettled(group)
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await settle()
    appends[1]?.end()
    await next
  })

  it('heals by itself: the write after a failure is tried (threats.md A3)', async () => {
    const { sink, appends, settle } = aDisk()
    for (const failure of [new Error('ENOSPC'), new Error('EIO'), undefined]) {
      const written = sink.write('line')
      await settle()
      appends.at(-1)?.end(failure)
      if (failure === undefined) await written
      else await expect(written).rejects.toBe(failure)
    }
    expect(appends).toHaveLength(3)
  })

  it('closes after what is under way is on the disk', async () => {
    const { sink, appends, settle, closedTimes } = aDisk()
    const written = sink.write('last')
    await settle()
    const closing = sink.close()
    await settle()
    expect(closedTimes()).toBe(0)
    appends[0]?.end()
    await Promise.all([written, closing])
    expect(closedTimes()).toBe(1)
  })
})

describe('the audit file', () => {
  let folder = ''
  let path = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolegate-audit-'))
    path = join(folder, 'audit.jsonl')
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(folder, { recursive: true, force: true })
  })
  const content = () => readFileSync(path, 'utf8')

  /** What every file handle inherits from: where the test stands between us and the disk. */
  async function theHandles(): Promise<FileHandle> {
    const handle = await open(join(folder, 'probe'), 'w')
    await handle.close()
    return Object.getPrototypeOf(handle) as FileHandle
  }

  it('holds every line of five hundred parallel writes, whole and in order', async () => {
    const sink = await makeFileSink({ path })
    const lines = times(500, (i) => JSON.stringify({ id: i, text: 'x'.repeat(i) }))
    await Promise.all(lines.map((line) => sink.write(line)))
    expect(content()).toBe(`${lines.join('\n')}\n`)
    await sink.close()
  })

  it('is synced once for a group, before anybody is answered (threats.md A3)', async () => {
    const sink = await makeFileSink({ path })
    const synced = vi.spyOn(await theHandles(), 'datasync')
    await Promise.all(times(50, String).map((line) => sink.write(line)))
    expect(synced).toHaveBeenCalledTimes(1)
    await sink.write('one more')
    expect(synced).toHaveBeenCalledTimes(2)
    await sink.close()
  })

  it('is readable and writable by its owner alone', async () => {
    const sink = await makeFileSink({ path })
    await sink.write('x')
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
    await sink.close()
  })

  it('goes on where it was, and never from the start', async () => {
    writeFileSync(path, 'before\n')
    const sink = await makeFileSink({ path })
    await sink.write('after')
    expect(content()).toBe('before\nafter\n')
    await sink.close()
  })

  it('ends a line that a crash tore, so that the next stands on its own (security.md A-7)', async () => {
    writeFileSync(path, 'whole\n{"torn":')
    const sink = await makeFileSink({ path })
    await sink.write('next')
    expect(content()).toBe('whole\n{"torn":\nnext\n')
    await sink.close()
  })

  it('ends a line that a full disk tore, so that the next stands on its own (threats.md A3)', async () => {
    const sink = await makeFileSink({ path })
    await sink.write('before')
    vi.spyOn(await theHandles(), 'appendFile').mockImplementationOnce(async function halfOf(this: FileHandle, text) {
      await this.write(String(text).slice(0, 5))
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    })
    await expect(sink.write('refused record')).rejects.toMatchObject({ code: 'ENOSPC' })
    await sink.write('after')
    expect(content()).toBe('before\nrefus\nafter\n')
    await sink.close()
  })

  it('leaves no empty line after a failure that wrote nothing', async () => {
    const sink = await makeFileSink({ path })
    await sink.write('before')
    vi.spyOn(await theHandles(), 'appendFile').mockRejectedValueOnce(new Error('EIO'))
    await expect(sink.write('refused')).rejects.toThrow('EIO')
    await sink.write('after')
    expect(content()).toBe('before\nafter\n')
    await sink.close()
  })

  it('refuses a line it could write and not sync (threats.md A3)', async () => {
    const sink = await makeFileSink({ path })
    vi.spyOn(await theHandles(), 'datasync').mockRejectedValueOnce(new Error('EIO'))
    await expect(sink.write('unsure')).rejects.toThrow('EIO')
    await sink.write('sure')
    expect(content()).toBe('unsure\nsure\n')
    await sink.close()
  })

  it.skipIf(process.platform !== 'linux')('on a full disk refuses every line (threats.md A3)', async () => {
    const sink = await makeFileSink({ path: '/dev/full' })
    for (const line of ['one', 'two']) await expect(sink.write(line)).rejects.toMatchObject({ code: 'ENOSPC' })
    await sink.close()
  })

  it('cannot be opened in a folder that is not there', async () => {
    await expect(makeFileSink({ path: join(folder, 'nowhere', 'audit.jsonl') })).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})
