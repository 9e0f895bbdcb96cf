import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { makeAskedOnHost, makeAskReload } from '../../../src/usecases/config/asked-reload.ts'
import type { AskedReload } from '../../../src/usecases/ports/tables.ts'
import { aClock } from '../../support/a-session.ts'

function aHost() {
  const clock = aClock()
  const askedReloads = makeTable<AskedReload>(makeMemoryStore({ now: clock.now }), 'asked-reloads')
  const recorded: AuditEvent[] = []
  const world = { auditFails: false }
  let ids = 0
  const ask = makeAskReload({
    askedReloads,
    randomText: () => String((ids += 1)),
    now: clock.now,
    async audit(event) {
      if (world.auditFails) throw new RolegateError('audit_unavailable')
      recorded.push(event)
    },
  })
  return { clock, ask, recorded, world, gateway: () => makeAskedOnHost({ askedReloads }) }
}

const asking = { hash: 'one', acceptsLockout: false, by: 'root' }

describe('a reload that the host asks for', () => {
  it('is heard once by each gateway, and again when it is asked again', async () => {
    const { ask, gateway } = aHost()
    const [one, two] = [gateway(), gateway()]
    expect([await one.isAsked(), await two.isAsked()]).toEqual([false, false])
    await ask(asking)
    expect([await one.isAsked(), await one.isAsked(), await two.isAsked()]).toEqual([true, false, true])
    await ask(asking)
    expect(await one.isAsked()).toBe(true)
  })

  it('is old news to a gateway that starts afterwards', async () => {
    const { ask, gateway } = aHost()
    await ask(asking)
    const late = gateway()
    expect([await late.isAsked(), await late.isAsked()]).toEqual([false, false])
  })

  it('accepts a lockout of that file alone, where it says so, for an hour (threats.md R8)', async () => {
    const { ask, gateway, clock } = aHost()
    const one = gateway()
    await ask(asking)
    expect(await one.acceptedBy('one')).toBeUndefined()
    await ask({ ...asking, acceptsLockout: true })
    expect([await one.acceptedBy('one'), await one.acceptedBy('two')]).toEqual(['root', undefined])
    clock.pass(3601)
    expect(await one.acceptedBy('one')).toBeUndefined()
  })

  it('is on record before anybody hears of it, or is not asked', async () => {
    const { ask, gateway, recorded, world } = aHost()
    const one = gateway()
    await one.isAsked()
    world.auditFails = true
    await expect(ask({ ...asking, acceptsLockout: true })).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect([await one.isAsked(), await one.acceptedBy('one')]).toEqual([false, undefined])
    world.auditFails = false
    await ask({ ...asking, acceptsLockout: true })
    expect(recorded).toEqual([{ event: 'config_asked', by: 'root', configHash: 'one', acceptsLockout: true }])
  })
})
