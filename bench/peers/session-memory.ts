/** Fills a session store with people and tells what that added to heap and buffers. Needs --expose-gc. */
import session from 'express-session'
import { answer } from '../harness/answer.ts'
import { newSid, ourStore, plainCookie, plainUserFor, type Layer } from './session-layers.ts'

type Order = { readonly layer: Layer; readonly people: number; readonly groupCount: number }

const ours = await ourStore()
const theirs = new session.MemoryStore()

function signIn({ layer, groupCount }: Order, number: number): Promise<void> {
  const sid = newSid()
  return new Promise((resolve, reject) => {
    const done = (failure?: unknown): void => (failure instanceof Error ? reject(failure) : resolve())
    const cookie = plainCookie()
    if (layer === 'ours') ours.store.set(sid, { cookie, signedIn: ours.sessionFor(sid, number, groupCount) }, done)
    else theirs.set(sid, { cookie, plainUser: plainUserFor(number, groupCount) }, done)
  })
}

async function bytesPerPerson(order: Order): Promise<number> {
  for (let number = 0; number < 100; number += 1) await signIn(order, number)
  const before = held()
  for (let number = 0; number < order.people; number += 1) await signIn(order, 100 + number)
  return (held() - before) / order.people
}

function held(): number {
  for (let turn = 0; turn < 3; turn += 1) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

answer({ port: () => 0, bytesPerPerson })
// The stores must outlive the last measurement.
process.on('exit', () => void [ours, theirs])
