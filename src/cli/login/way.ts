import { failure } from '../failure.ts'
import { isWsl, openerOf } from '../open-browser.ts'
import type { CliWorld } from '../world.ts'
import type { LoginOffers } from './offers.ts'

/** How this terminal signs in. `because` is the sentence a person is told when they did not choose it themselves. */
export type LoginWay =
  | { readonly by: 'browser'; readonly endpoint: URL; readonly opens: boolean; readonly because?: string }
  | { readonly by: 'code'; readonly because?: string }

/** What the person asked for by options. */
export type WayAsked = { readonly device: boolean; readonly qr: boolean; readonly noBrowser: boolean }
type Place = Pick<CliWorld, 'env' | 'platform' | 'exists'>

/** A browser here where one can open; else a code for a browser elsewhere (contract.md, `login`). */
export function loginWay({ device, qr, noBrowser }: WayAsked, offers: LoginOffers, place: Place): LoginWay {
  const { endpoint, code } = offers
  if (device || qr || endpoint === undefined) return byCode(offers, device || qr)
  const obstacle = noBrowser ? undefined : obstacleAt(place)
  if (obstacle === undefined) {
    return { by: 'browser', endpoint, opens: !noBrowser && !place.env['ROLEGATE_NO_BROWSER'] }
  }
  if (code) return { by: 'code', because: elsewhere(obstacle) }
  return { by: 'browser', endpoint, opens: false, because: `${obstacle}, and this gateway takes no sign-in by code.` }
}

/** The way that is left when no port on 127.0.0.1 can be opened. */
export function withoutLoopback({ code }: LoginOffers): LoginWay {
  const obstacle = 'No port on 127.0.0.1 could be opened'
  if (code) return { by: 'code', because: elsewhere(obstacle) }
  throw failure('config_invalid', {
    title: obstacle,
    detail: 'There the browser would hand the sign-in to this terminal, and this gateway takes no sign-in by code.',
  })
}

function byCode({ code, endpoint }: LoginOffers, wasAsked: boolean): LoginWay {
  if (code) return wasAsked ? { by: 'code' } : { by: 'code', because: 'This gateway signs terminals in by code only.' }
  throw failure('config_invalid', {
    title: endpoint === undefined ? 'This gateway signs no terminals in' : 'This gateway takes no sign-in by code',
    next: endpoint === undefined ? 'Ask who runs it.' : 'Sign in with a browser on this machine: rolegate login',
  })
}

const elsewhere = (obstacle: string): string => `${obstacle}, so sign in on another device.`

/** Why no browser on this machine could finish the sign-in; undefined when one could. */
export function obstacleAt(place: Place): string | undefined {
  const { env, platform } = place
  if (env['SSH_CONNECTION'] || env['SSH_TTY'] || env['SSH_CLIENT']) return 'This looks like an SSH session'
  if (isContainer(place)) return 'This runs in a container'
  if (isWsl(env)) return openerOf(place) === undefined ? 'WSL has nothing here that opens a browser' : undefined
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return 'This machine has no display'
  return undefined
}

/** What Docker, Podman and Kubernetes leave to be known by. */
const isContainer = ({ env, exists }: Place): boolean =>
  Boolean(env['KUBERNETES_SERVICE_HOST']) || exists('/.dockerenv') || exists('/run/.containerenv')
