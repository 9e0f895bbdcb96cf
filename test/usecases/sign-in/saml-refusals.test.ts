import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { HOME } from '../../../src/domain/sign-in/return-to.ts'
import { makeCompleteSignIn } from '../../../src/usecases/sign-in/complete-sign-in.ts'
import { makeCountOnce } from '../../../src/usecases/sign-in/count-once.ts'
import { makeRecordRefused } from '../../../src/usecases/sign-in/record-refused.ts'
import { aSamlProvider, pending, RELAY_STATE } from '../../adapters/saml/a-provider.ts'
import { anIndex } from '../../support/a-mapping.ts'
import { aRequest, secondsAfter } from '../../support/a-session.ts'
import { NOW } from '../../support/saml/a-saml-world.ts'
import { hostileResponses } from '../../support/saml/hostile-responses.ts'
import { legitimateResponses } from '../../support/saml/legitimate-responses.ts'
import { anEmergency } from '../../support/an-emergency.ts'

/** A gateway's sign-in over the IdP of test/support/saml: each answer comes back to a browser of its own. */
function aSamlSignIn() {
  const { provider, world } = aSamlProvider()
  const now = () => world.now
  const recorded: AuditEvent[] = []
  const store = makeMemoryStore({ now })
  const witness = {
    audit: async (event: AuditEvent) => void recorded.push(event),
    limitRate: async () => undefined,
  }
  const completeSignIn = makeCompleteSignIn({
    providers: new Map([['contractors', provider]]),
    mappings: new Map([
      [
        'contractors',
        { idp: 'contractors', subject: 'nameid', username: 'nameid', groups: { claim: 'groups' }, keep: [] },
      ],
    ]),
    emergency: anEmergency(),
    rememberPerson: async () => undefined,
    noteNames: async () => undefined,
    sessionNames: { delete: async () => undefined },
    sessions: { delete: async () => undefined },
    countOnce: makeCountOnce({ usedAttempts: makeTable(store, 'used-attempts', ['at']), now }),
    rules: () => anIndex(),
    ...witness,
    recordRefused: makeRecordRefused(witness),
    endSession: async () => undefined,
    finishStepUp: { isProof: () => Promise.resolve(false), grant: () => Promise.resolve() },
    absoluteSeconds: 12 * 3600,
    now,
  })
  let browsers = 0
  return {
    world,
    recorded,
    come(field: string, state = `0a1b2c3d.${String((browsers += 1)).padStart(22, 'A')}`) {
      const attempt = { id: '0a1b2c3d', idp: 'contractors', returnTo: HOME, expiresAt: secondsAfter(NOW, 600) }
      return completeSignIn({
        idp: 'contractors',
        attempt: { ...attempt, pending: { ...pending, state } },
        answer: {
          parameters: new Map([
            ['SAMLResponse', field],
            ['RelayState', state],
          ]),
        },
        request: aRequest(),
        startSession: async () => 'session-9',
      })
    },
  }
}

describe('a hostile SAML answer', () => {
  const { come, recorded } = aSamlSignIn()

  it.each(hostileResponses())('$group: $name: nobody is signed in, and a record says why', async ({ field }) => {
    const before = recorded.length
    const thrown: unknown = await come(field).then(
      () => 'signed in',
      (refused: unknown) => refused,
    )
    expect(thrown).toBeInstanceOf(RolegateError)
    expect((thrown as RolegateError).code).toBe('sign_in_rejected')
    expect(recorded.slice(before)).toMatchObject([
      { event: 'sign_in_refused', idp: 'contractors', code: 'sign_in_rejected', reason: expect.any(String) },
    ])
  })
})

describe('an honest SAML answer', () => {
  const [honest] = legitimateResponses()

  it('signs in once, whichever browser brings it (security.md S-29)', async () => {
    const { come, recorded } = aSamlSignIn()
    const { session } = await come(honest?.field ?? '')
    expect(session).toMatchObject({ id: 'session-9', principal: { subject: 'alice' }, idpSession: { nameId: 'alice' } })
    await expect(come(honest?.field ?? '')).rejects.toMatchObject({ reason: 'assertion_used_before' })
    expect(recorded.map(({ event }) => event)).toEqual(['sign_in', 'decision', 'sign_in_refused'])
  })

  it('is remembered as used for as long as it would be taken', async () => {
    const { come, world } = aSamlSignIn()
    await come(honest?.field ?? '')
    const reasons: string[] = []
    for (let seconds = 0; seconds < 600; seconds += 15) {
      world.now = secondsAfter(NOW, seconds)
      const refused: unknown = await come(honest?.field ?? '').catch((thrown: unknown) => thrown)
      reasons.push(String((refused as RolegateError).reason))
    }
    // First because it was used; and by the time that is forgotten, because it is over.
    expect(new Set(reasons)).toEqual(new Set(['assertion_used_before', 'saml_expired']))
    expect(reasons.lastIndexOf('assertion_used_before')).toBeLessThan(reasons.indexOf('saml_expired'))
  })

  it('does not come back under another attempt’s name', async () => {
    const { come } = aSamlSignIn()
    await come(honest?.field ?? '', RELAY_STATE)
    await expect(come(honest?.field ?? '', RELAY_STATE)).rejects.toMatchObject({ reason: 'attempt_used_before' })
  })
})
