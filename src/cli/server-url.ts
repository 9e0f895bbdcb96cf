import { failure } from './failure.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** The exact origin a gateway is known by: https, or http on loopback; anything else fails with `config_invalid`. */
export function parseServer(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refused(source, 'It must be a URL, such as https://aws.example.com.')
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw refused(
      source,
      'Plain http would show your sign-in to the network; only https, or http on loopback, is used.',
    )
  }
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw refused(source, 'It must be the bare address: no name, no password, no path, no query.')
  }
  return url.origin
}

/** True for an address that never leaves this machine. */
export const isLoopback = (url: URL): boolean => LOOPBACK.test(url.hostname)

const refused = (source: string, detail: string) =>
  failure('config_invalid', { title: `The server named by ${source} cannot be used`, detail })
