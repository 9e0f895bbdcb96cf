import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { failure } from './failure.ts'
import { errnoOf, unusable, writeNew } from './private-file.ts'
import { recordOf } from './record.ts'
import type { CliWorld } from './world.ts'

type LockWorld = Pick<CliWorld, 'now' | 'sleep' | 'interrupted' | 'pid' | 'isAlive' | 'hostname'>
/** How long one holder may work is for each path to say, alike for all who wait for it. */
type Waiter = LockWorld & { readonly heldAtMostMs: number }
type Holder = { readonly id: string; readonly pid: number; readonly host: string; readonly at: string }

/** Most work under a lock takes no longer: one request of 30 seconds and two small files. */
const HELD_AT_MOST_MS = 60_000
const POLL_MS = 100

/**
 * Runs `work` while no other process works under the same path. The lock dies with its holder: it is taken over if that
 * process is gone, or if the lock is too old to be real (a home folder shared by hosts).
 */
export async function withLock<T>(
  world: LockWorld,
  path: string,
  work: () => Promise<T>,
  heldAtMostMs = HELD_AT_MOST_MS,
): Promise<T> {
  const mine: Holder = { id: randomUUID(), pid: world.pid, host: world.hostname, at: world.now().toISOString() }
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await take({ ...world, heldAtMostMs }, path, mine)
  } catch (thrown) {
    throw errnoOf(thrown).startsWith('E') ? unusable(path, thrown) : thrown
  }
  try {
    return await work()
  } finally {
    await release(path, mine)
  }
}

async function take(world: Waiter, path: string, mine: Holder): Promise<void> {
  const patientUntil = world.now().getTime() + world.heldAtMostMs
  for (;;) {
    const holder = await holderOf(path)
    if (holder === undefined && (await claim(path, mine))) return
    if (holder === undefined) continue
    if (isStale(world, holder)) await breakStale(world, path, holder, mine)
    else if (world.now().getTime() > patientUntil) throw stillHeld(path)
    else await world.sleep(POLL_MS, world.interrupted)
  }
}

/** link() creates the file with its content in one step and fails if it exists, so nobody reads half a holder. */
async function claim(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`
  await writeNew(draft, JSON.stringify(holder))
  try {
    await link(draft, path)
    return true
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return false
    throw thrown
  } finally {
    await rm(draft, { force: true })
  }
}

/** Two waiters may see the same dead holder. A guard keeps the second from removing the first one's new lock. */
async function breakStale(world: Waiter, path: string, dead: Holder, mine: Holder): Promise<void> {
  const guard = `${path}.break`
  if (!(await claim(guard, mine))) {
    const breaker = await holderOf(guard)
    if (breaker !== undefined && isStale(world, breaker)) await rm(guard, { force: true })
    return world.sleep(POLL_MS, world.interrupted)
  }
  await release(path, dead)
  await release(guard, mine)
}

async function release(path: string, holder: Holder): Promise<void> {
  if ((await holderOf(path))?.id === holder.id) await rm(path, { force: true })
}

/** Who holds it; undefined when nobody does. What is no holder's file is an old one: `at` is no time. */
async function holderOf(path: string): Promise<Holder | undefined> {
  try {
    const { id, pid, host, at } = recordOf(JSON.parse(await readFile(path, 'utf8')))
    return { id: String(id), pid: Number(pid), host: String(host), at: String(at) }
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    if (thrown instanceof SyntaxError) return { id: 'undefined', pid: 0, host: '', at: '' }
    throw thrown
  }
}

function isStale({ now, hostname, isAlive, heldAtMostMs }: Waiter, { pid, host, at }: Holder): boolean {
  const age = now().getTime() - Date.parse(at)
  return !(age < heldAtMostMs) || (host === hostname && !isAlive(pid))
}

const stillHeld = (path: string) =>
  failure('internal', {
    title: 'Another rolegate does not finish',
    detail: `It holds ${path}.`,
    next: 'End it, then try again.',
  })
