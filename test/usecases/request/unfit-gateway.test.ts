import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequestWorld } from '../../support/a-request-world.ts'

describe('a gateway that is unfit', () => {
  const code = 'store_unavailable'
  it.each(['clock_skew', 'config_behind'])(
    'takes no approval, and that is on record: %s (threats.md F10, R9)',
    async (why) => {
      const { ask, answers, by, lead, world, recorded, isOpen } = aRequestWorld()
      const { id } = await ask()
      const fit = world.closing
      world.closing = closingBy({ console: true, except: new Set() }, () => why)
      expect(await refusalFrom(answers.approve(by(lead, id), {}))).toMatchObject({ code, values: { why } })
      expect(await refusalFrom(answers.requireApprovable(lead, id))).toMatchObject({ code, values: { why } })
      expect(await answers.find(lead, id)).toMatchObject({ approvingFault: { code, values: { why } } })
      expect(recorded.at(-1)).toMatchObject({ event: 'request_refused', approval: id, reason: why })
      world.closing = fit
      expect(await isOpen()).toBe(false)
      await answers.approve(by(lead, id), {})
      expect(await isOpen()).toBe(true)
      // What was given is taken back at any.
      world.closing = closingBy({ console: true, except: new Set() }, () => why)
      await answers.end(by(lead, id))
      expect(await isOpen()).toBe(false)
    },
  )

  it('takes a no', async () => {
    const { ask, answers, by, lead, world, requests } = aRequestWorld()
    const { id } = await ask()
    world.closing = closingBy({ console: true, except: new Set() }, () => 'clock_skew')
    await answers.deny(by(lead, id), {})
    expect(await requests.get(id)).toMatchObject({ status: 'denied' })
  })
})
