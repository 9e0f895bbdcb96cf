import { createHash, randomBytes } from 'node:crypto'
import { RolegateError } from '../../domain/errors.ts'
import type { TokenAnswer } from '../answers.ts'
import type { Call } from '../command.ts'
import { failure } from '../failure.ts'
import { redeemCode, type TerminalClaims, withClaims } from '../oauth.ts'
import { openBrowser } from '../open-browser.ts'
import type { Send } from '../send.ts'
import type { CliWorld, Listener } from '../world.ts'
import { answeredAlready, type Callback, CALLBACK_PATH, hearCallback } from './callback.ts'
import type { LoginWay } from './way.ts'

/** As long as a device code lives. */
const PATIENCE_MS = 300_000

type Wish = {
  readonly send: Send
  readonly way: LoginWay & { by: 'browser' }
  readonly claims: TerminalClaims
  readonly idp: string | undefined
}

/**
 * Signs in with a browser on this machine (RFC 8252, 7636, 9207); undefined when no port can be had for the answer.
 * Fails with `device_denied`, `sign_in_rejected`, or `sign_in_expired` after five minutes.
 */
export async function signInByBrowser(wish: Wish, call: Call): Promise<TokenAnswer | undefined> {
  const [verifier, state] = [randomText(32), randomText(16)]
  const waiting = await waitForOne(call.world, { state, issuer: wish.way.endpoint.origin })
  if (waiting === undefined) return undefined
  const { listener, answer } = waiting
  try {
    const redirectUri = `http://127.0.0.1:${listener.port}${CALLBACK_PATH}`
    await show(addressOf(wish, { verifier, state, redirectUri }), wish.way, listener, call)
    const callback = await inTime(call.world, answer)
    if ('refusal' in callback) throw callback.refusal
    return await redeemCode(wish.send, { code: callback.code, verifier, redirectUri }).catch(explained)
  } finally {
    listener.close()
  }
}

const randomText = (bytes: number): string => randomBytes(bytes).toString('base64url')

/** What stands in it opens nothing by itself: the verifier stays here. */
function addressOf(
  { way, claims, idp }: Wish,
  { verifier, state, redirectUri }: { verifier: string; state: string; redirectUri: string },
): URL {
  const address = new URL(way.endpoint)
  address.search = new URLSearchParams({
    response_type: 'code',
    client_id: 'rolegate-cli',
    redirect_uri: redirectUri,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(idp !== undefined && { idp }),
    ...withClaims(claims),
  }).toString()
  return address
}

/** The first answer is taken, and no other (security.md D-24). */
async function waitForOne(
  world: CliWorld,
  due: { state: string; issuer: string },
): Promise<{ listener: Listener; answer: Promise<Callback> } | undefined> {
  let take: (callback: Callback) => void = () => undefined
  const answer = new Promise<Callback>((resolve) => (take = resolve))
  let isTaken = false
  const listener = await world.listen((asked, port) => {
    if (isTaken) return answeredAlready()
    const { page, callback } = hearCallback(asked, { port, ...due })
    if (callback === undefined) return page
    isTaken = true
    take(callback)
    return page
  })
  return listener && { listener, answer }
}

/** The address even with -q: without it nobody can sign in. Never waits for a key. */
async function show(address: URL, { opens, because }: Wish['way'], { port }: Listener, { world, say }: Call) {
  if (because !== undefined) say(`${because} Forward port ${port} from where your browser runs.`)
  const isOpening = opens && (await openBrowser(world, address))
  if (isOpening) say(`Opening ${address.origin} in your browser.`)
  else if (opens) say('No browser could be started.')
  world.err(`${isOpening ? 'If it does not open: ' : 'Open this in a browser on this machine:\n  '}${address.href}\n`)
  say('Waiting for you to approve there; Ctrl-C cancels.')
}

/** Elsewhere `invalid_grant` means that a sign-in is over; here none has begun. */
function explained(thrown: unknown): never {
  if (!(thrown instanceof RolegateError) || thrown.code !== 'invalid_grant') throw thrown
  throw failure('invalid_grant', {
    title: 'The gateway did not take what the browser brought back',
    detail: 'It is good for one minute, once, and for this terminal.',
    next: 'Try again: rolegate login',
  })
}

const inTime = (world: CliWorld, answer: Promise<Callback>): Promise<Callback> =>
  Promise.race([
    answer,
    aborted(world.interrupted, () => failure('internal')),
    aborted(world.timeout(PATIENCE_MS), nobodyApproved),
  ])

const aborted = (signal: AbortSignal, why: () => Error): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(why())
    signal.addEventListener('abort', () => reject(why()), { once: true })
  })

const nobodyApproved = () =>
  failure('sign_in_expired', {
    title: 'Nobody approved the sign-in within five minutes',
    next: 'Try again: rolegate login',
  })
