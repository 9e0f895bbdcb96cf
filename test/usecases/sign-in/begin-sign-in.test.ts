import { describe, expect, it } from 'vitest'
import { asRolegateError, RolegateError } from '../../../src/domain/errors.ts'
import { parseReturnTo } from '../../../src/domain/sign-in/return-to.ts'
import type { IdentityProvider } from '../../../src/usecases/ports/identity-provider.ts'
import { makeBeginSignIn } from '../../../src/usecases/sign-in/begin-sign-in.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, NINE, secondsAfter } from '../../support/a-session.ts'

const pending = { kind: 'oidc', state: 'state-1', nonce: 'nonce-1', codeVerifier: 'verifier-1' } as const

function aBeginning(
  begin: IdentityProvider['begin'] = async () => ({ move: { url: 'https://idp.example.com/authorize' }, pending }),
) {
  const begun: string[] = []
  const provider: IdentityProvider = {
    id: 'entra',
    label: 'Entra',
    issuer: () => 'https://idp.example.com',
    begin: (id) => (begun.push(id), begin(id)),
    complete: () => Promise.reject(new Error('not in this test')),
    isReady: () => true,
    warmUp: () => Promise.resolve(),
    signOutUrl: () => undefined,
  }
  const limited: string[] = []
  const recorded: string[] = []
  const world = { hasRoom: true }
  let ids = 0
  const beginSignIn = makeBeginSignIn({
    providers: new Map([['entra', provider]]),
    newAttemptId: () => `0000000${(ids += 1)}`,
    limitRate: async (key) => void limited.push(key),
    async recordRefused(idp, _request, thrown) {
      if (!world.hasRoom) throw new RolegateError('rate_limited')
      recorded.push(`${idp} ${asRolegateError(thrown).code}`)
    },
    now: () => NINE,
  })
  return { beginSignIn, begun, limited, recorded, world }
}

describe('beginSignIn', () => {
  it('sends the browser to its IdP and remembers the attempt for ten minutes', async () => {
    const { beginSignIn, begun } = aBeginning()
    const returnTo = parseReturnTo('/roles/a/b')
    expect(await beginSignIn('entra', returnTo, aRequest())).toEqual({
      move: { url: 'https://idp.example.com/authorize' },
      attempt: { id: '00000001', idp: 'entra', returnTo, expiresAt: secondsAfter(NINE, 600), pending },
    })
    expect(begun).toEqual(['00000001'])
  })

  it('counts starts by network, and remembers whose browser it was', async () => {
    const { beginSignIn, limited } = aBeginning()
    const { attempt } = await beginSignIn('entra', parseReturnTo('/'), aRequest(), 'session-1')
    expect([attempt.formerId, limited]).toEqual(['session-1', ['begin:52.94.76.7']])
  })

  it('gives each tab an attempt of its own', async () => {
    const { beginSignIn } = aBeginning()
    const [one, other] = await Promise.all([
      beginSignIn('entra', parseReturnTo('/a'), aRequest()),
      beginSignIn('entra', parseReturnTo('/b'), aRequest()),
    ])
    expect(one.attempt.id).not.toBe(other.attempt.id)
  })

  it.each(['okta', '', '__proto__', 'constructor', 'ENTRA'])('knows no IdP called %j', async (idp) => {
    const { beginSignIn, begun, recorded } = aBeginning()
    expect((await refusalFrom(beginSignIn(idp, parseReturnTo('/'), aRequest()))).code).toBe('not_found')
    expect([begun, recorded]).toEqual([[], [`${idp} not_found`]])
  })

  it('says when the IdP cannot be had, on record where there is room for one (threats.md A4)', async () => {
    const { beginSignIn, recorded, world } = aBeginning(() => Promise.reject(new RolegateError('idp_unavailable')))
    const begin = async () => (await refusalFrom(beginSignIn('entra', parseReturnTo('/'), aRequest()))).code
    expect([await begin(), recorded]).toEqual(['idp_unavailable', ['entra idp_unavailable']])
    world.hasRoom = false
    expect([await begin(), recorded.length]).toEqual(['idp_unavailable', 1])
  })
})
