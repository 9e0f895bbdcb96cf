import { RolegateError } from '../../errors.ts'
import { NAME } from '../../name.ts'
import { isRegion } from '../partition.ts'

/** One role a terminal may take. */
export type ConfigRole = {
  readonly alias: string
  /** The role key of the file: what the Identity-Center API calls the role's name. */
  readonly role: string
  readonly accountId: string
  readonly region: string
}

/** What a role asks of its taker that no stock tool can give. */
export const NEEDS = ['elevated', 'reason', 'approval'] as const
export type Need = (typeof NEEDS)[number]

/** A role of theirs that stock tools cannot take. */
export type OtherRole = Pick<ConfigRole, 'alias' | 'role' | 'accountId'> & { readonly needs: readonly Need[] }

/** All that a `~/.aws/config` for one gateway says, every field checked. */
export type ConfigFacts = {
  readonly origin: string
  readonly startUrl: string
  readonly ssoRegion: string
  readonly roles: readonly ConfigRole[]
  /** They get no profile, and a line that says why. */
  readonly others?: readonly OtherRole[]
} & { readonly __checked: true }

const ACCOUNT = /^\d{12}$/
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
/** Hosts of AWS's that nobody else can register: under `invalid`, or an Identity Center that was declared as ours (threats.md D8). */
const START_HOST = /^([a-z0-9-]+\.)*[a-z0-9-]+\.invalid\.awsapps\.com$|^d-[0-9a-z]{10}\.awsapps\.com$/

/**
 * The facts, or `config_invalid` with the first field that is not plainly what it should be. A config file works like
 * code, since it names commands to run and hosts to trust: only what was checked here gets into one (threats.md D13).
 */
export function checkFacts(facts: Omit<ConfigFacts, '__checked'>): ConfigFacts {
  if (!isOrigin(facts.origin)) throw unfit('origin')
  if (!isStartUrl(facts.startUrl, facts.origin)) throw unfit('startUrl')
  if (!isRegion(facts.ssoRegion)) throw unfit('ssoRegion')
  for (const { alias, role, accountId, region } of facts.roles) {
    if (!NAME.test(alias) || !NAME.test(role)) throw unfit('role')
    if (!ACCOUNT.test(accountId)) throw unfit('accountId')
    if (!isRegion(region)) throw unfit('region')
  }
  for (const { alias, role, accountId, needs } of facts.others ?? []) {
    if (
      !NAME.test(alias) ||
      !NAME.test(role) ||
      !ACCOUNT.test(accountId) ||
      !needs.every((need) => NEEDS.includes(need))
    )
      throw unfit('others')
  }
  return facts as ConfigFacts
}

/** https, or http that never leaves the machine; exactly as a URL parser spells it. */
function isOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return (
    url?.origin === text && (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname)))
  )
}

/** `aws sso login` takes https only, and only what leads to a host of AWS's: ours may redirect there (aws.md §0). */
function isStartUrl(text: string, origin: string): boolean {
  if (text === `${origin}/start`) return origin.startsWith('https:')
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && text === `https://${url.hostname}/start` && START_HOST.test(url.hostname)
}

/** What the `[sso-session]` and `[services]` of a gateway are called: its own host, so that two gateways never meet. */
export const sessionNameOf = (origin: string): string =>
  new URL(origin).host.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^-|-$/g, '')

const unfit = (field: string) => new RolegateError('config_invalid', { field })
