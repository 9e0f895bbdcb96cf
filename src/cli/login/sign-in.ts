import type { TokenAnswer } from '../answers.ts'
import type { Call, Connection } from '../command.ts'
import type { TerminalClaims } from '../oauth.ts'
import { saveServer } from '../settings.ts'
import type { CliWorld } from '../world.ts'
import { signInByBrowser } from './by-browser.ts'
import { signInByCode } from './by-code.ts'
import { keepNew } from './keep-new.ts'
import { readLoginOffers } from './offers.ts'
import { loginWay, type WayAsked, withoutLoopback } from './way.ts'

export type LoginAsked = WayAsked & { readonly idp: string | undefined }

/** Signs this terminal in, and keeps what it was given. */
export async function signIn(connection: Connection, asked: LoginAsked, call: Call): Promise<void> {
  const { send, store, origin } = connection
  // A folder that cannot be written to is found before anybody has gone to a browser.
  await store.alone(origin, () => store.read(origin))
  const granted = await tokensBy(asked, send, origin, call)
  await keepNew(connection, granted, call.world)
  await saveServer(origin, call.world)
}

async function tokensBy(
  { idp, ...asked }: LoginAsked,
  send: Connection['send'],
  origin: string,
  call: Call,
): Promise<TokenAnswer> {
  const claims = claimsOf(call.world)
  const offers = await readLoginOffers(send, origin)
  const way = loginWay(asked, offers, call.world)
  const byBrowser = way.by === 'browser' ? await signInByBrowser({ send, way, claims, idp }, call) : undefined
  if (byBrowser !== undefined) return byBrowser
  const { because } = way.by === 'browser' ? withoutLoopback(offers) : way
  if (because !== undefined) call.say(because)
  if (idp !== undefined) call.say(`When the page asks where to sign in, choose ${idp}.`)
  return signInByCode({ send, origin, claims, qr: asked.qr }, call)
}

export const claimsOf = ({ hostname: host, userName: user, version }: CliWorld): TerminalClaims => ({
  host,
  user,
  tool: `rolegate ${version}`,
})
