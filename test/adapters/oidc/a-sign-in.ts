import { afterEach, expect } from 'vitest'
import { IDP_BOUNDS, makeBoundedFetch } from '../../../src/adapters/oidc/bounded-fetch.ts'
import { makeOidcProvider, type OidcSettings } from '../../../src/adapters/oidc/provider.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { PendingOidc } from '../../../src/domain/sign-in/attempt.ts'
import { startFakeIdp, type Bend, type FakeClient, type FakeIdp, type FakePerson } from '../../support/fake-idp.ts'

export const CLIENT_SECRET = 's3cret:with/signs+ & ümlaut%'
export const CALLBACK = 'https://aws.example.com/oidc/entra/callback'

const running: FakeIdp[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((idp) => idp.stop()))
})

export type World = {
  client?: FakeClient
  authentication?: OidcSettings['authentication']
  person?: FakePerson
  algorithm?: 'RS256' | 'ES256' | 'PS256'
  issParameter?: boolean
  settings?: Partial<OidcSettings>
  bend?: (idp: FakeIdp) => Bend
  fetch?: typeof fetch
}

/** A fake IdP and the provider that is set up for it. `clock.offset` moves our clock away from the machine's. */
export async function aProvider(world: World = {}) {
  const client = world.client ?? { id: 'rolegate', method: 'client_secret_basic', secret: CLIENT_SECRET }
  const { person, algorithm = 'RS256', issParameter = false } = world
  const idp = await startFakeIdp({ client, algorithm, issParameter, ...(person && { person }) })
  running.push(idp)
  idp.bend(world.bend?.(idp) ?? {})
  const clock = { offset: 0 }
  const failures: [string, unknown][] = []
  const provider = makeOidcProvider({
    settings: {
      id: 'entra',
      label: 'Example Inc.',
      issuer: idp.issuer,
      clientId: client.id,
      authentication: world.authentication ?? { method: 'client_secret_basic', secret: CLIENT_SECRET },
      scopes: ['openid', 'profile'],
      algorithms: [algorithm],
      allowHttp: true,
      groupsFrom: 'id_token',
      mapping: { groups: { claim: 'groups' } },
      ...world.settings,
    },
    callback: CALLBACK,
    fetch: world.fetch ?? makeBoundedFetch(IDP_BOUNDS),
    randomText: (bits) => Buffer.from(crypto.getRandomValues(new Uint8Array(bits / 8))).toString('base64url'),
    now: () => new Date(Date.now() + clock.offset),
    onFailure: (what, cause) => failures.push([what, cause]),
  })
  return { idp, provider, clock, failures }
}

/** Somebody who went to the IdP, signed in there, and is back at our callback. */
export async function aSignIn(world: World = {}) {
  const { idp, provider, ...rest } = await aProvider(world)
  const { move, pending } = await provider.begin('0a1b2c3d')
  const back = await idp.signIn(move.url)
  return {
    ...rest,
    idp,
    provider,
    move: new URL(move.url),
    pending,
    back,
    complete: (changed: Partial<PendingOidc> = {}) =>
      provider.complete({ parameters: new Map(back.searchParams) }, { ...pending, ...changed }),
  }
}

/** Waits for the refusal, and sees to it that nothing a person or a log will read holds a secret of the attempt. */
export async function refusalOf(
  asked: Promise<unknown>,
  idp: FakeIdp,
  more: readonly string[] = [],
): Promise<RolegateError> {
  const thrown = await asked.then(
    (answer) => new Error(`was accepted: ${JSON.stringify(answer)}`),
    (refused: unknown) => refused,
  )
  if (!(thrown instanceof RolegateError)) throw thrown
  const told = `${thrown.message} ${JSON.stringify(thrown.values)} ${thrown.reason ?? ''}`
  for (const secret of [CLIENT_SECRET, ...idp.secrets, ...idp.codes.keys(), ...more]) {
    if (secret !== '') expect(told).not.toContain(secret)
  }
  return thrown
}
