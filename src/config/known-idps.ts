/** Microsoft's sign-in hosts, each with the Graph of its cloud. */
const MICROSOFT: Readonly<Record<string, string>> = {
  'login.microsoftonline.com': 'https://graph.microsoft.com',
  'login.windows.net': 'https://graph.microsoft.com',
  'sts.windows.net': 'https://graph.microsoft.com',
  'login.microsoftonline.us': 'https://graph.microsoft.us',
  'login.partner.microsoftonline.cn': 'https://microsoftgraph.chinacloudapi.cn',
}

/** The host of an issuer or entity id; empty where it is no URL. */
const hostOf = (name: string): string => (URL.canParse(name) ? new URL(name).hostname.replace(/\.$/, '') : '')

/** Entra, by its issuer or its entity id. */
export const isMicrosoft = (name: string): boolean => Object.hasOwn(MICROSOFT, hostOf(name))

/** The Microsoft Graph beside an Entra issuer; undefined for every other IdP. */
export const graphOf = (issuer: string): string | undefined =>
  isMicrosoft(issuer) ? MICROSOFT[hostOf(issuer)] : undefined

const isOkta = (name: string): boolean =>
  /^[a-z0-9-]+\.(?:okta|oktapreview|okta-emea|okta-gov)\.com$|^[a-z0-9-]+\.okta\.mil$/.test(hostOf(name))

type Limit = { readonly count: number; readonly says: string }

/** How many groups an IdP that we know by its name sends at most, and what it does about more. */
export function knownLimit(type: 'oidc' | 'saml', name: string): Limit | undefined {
  if (type === 'oidc' && isMicrosoft(name)) return { count: 200, says: 'leaves out the groups of people in more' }
  if (type === 'saml' && isMicrosoft(name)) return { count: 150, says: 'leaves out the groups of people in more' }
  if (type === 'oidc' && isOkta(name)) return { count: 100, says: 'sends no more than these, or fails the sign-in' }
  if (type === 'saml' && isGoogle(name)) return { count: 75, says: 'sends no more than these' }
  return undefined
}

/** Google signs for everybody who has an account, at home or at work. */
export const isGoogle = (name: string): boolean => hostOf(name) === 'accounts.google.com'

/** ADFS, by the path that its names have. */
export const isAdfs = (name: string): boolean => URL.canParse(name) && /^\/adfs(?:\/|$)/i.test(new URL(name).pathname)
