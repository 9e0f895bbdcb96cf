import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { form, send } from './load.ts'
import { JACKSON, script } from './places.ts'
import { asField, type SamlIdp, type SamlPerson } from './saml-idp.ts'
import { questionIn } from './saml-sign-in.ts'
import { freePorts, startProcess, type Side } from './side.ts'

export const JACKSON_AUDIENCE = 'https://saml.example.com/entityid'
export const JACKSON_CALLBACK = 'https://app.bench.example/callback'

/** 427 packages, on demand: `npm ci` of the project never sees them. */
export function installJackson(): void {
  if (existsSync(`${JACKSON}node_modules/@boxyhq/saml-jackson`)) return
  console.log('installing @boxyhq/saml-jackson into bench/peers/jackson, once')
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: JACKSON,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('@boxyhq/saml-jackson could not be installed: there is nothing to compare with')
}

/** Jackson with one SAML connection, to this IdP. */
export async function startJackson({ metadata }: SamlIdp): Promise<Side> {
  installJackson()
  const [port] = await freePorts(1)
  const jackson = startProcess({ script: script('peers/jackson/saml-login'), env: { BENCH_PORT: String(port) } })
  await jackson.ask('connect', metadata)
  return { ...jackson, url: `http://127.0.0.1:${port}` }
}

/** A whole sign-in at Jackson, from its start to the token, without the visit to the IdP. */
export async function jacksonSignIn(jackson: string, idp: SamlIdp, person: SamlPerson): Promise<void> {
  const begun = await send(`${jackson}/authorize`, { expect: 303 })
  const { requestId, relayState } = questionIn(begun.headers.location ?? '')
  const question = { requestId, acs: `${jackson}/acs`, audience: JACKSON_AUDIENCE }
  const answer = form({ SAMLResponse: asField(idp.respond(question, person)), RelayState: relayState })
  const back = await send(`${jackson}/acs`, { ...answer, expect: 303 })
  const code = new URL(back.headers.location ?? '').searchParams.get('code') ?? ''
  const { text } = await send(`${jackson}/token`, form({ code }))
  if (!text.includes('access_token')) throw new Error(`Jackson gave no token: ${text}`)
}
