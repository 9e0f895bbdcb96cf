import { RolegateError } from '../../errors.ts'
import { sessionNameOf, type ConfigFacts, type OtherRole } from './facts.ts'
import type { NamedRole } from './profile-names.ts'

/** How a profile gets its credentials: the SDKs' own sign-in at our Identity-Center API, or this program. */
export type Way =
  | { readonly mode: 'sso' }
  | {
      readonly mode: 'process'
      /** This program as a command line: absolute paths. */
      readonly program: readonly string[]
      readonly windows: boolean
    }

type Section = readonly string[]

/** As many as anybody reads. */
const MOST_NAMED = 20

/** Comments on the roles that get no profile: what a stock tool would be refused, and how they are taken. */
export function othersSection({ others = [] }: ConfigFacts): Section {
  if (others.length === 0) return []
  const more = others.length - MOST_NAMED
  return [
    '# Without a profile, since no AWS tool can confirm, give a reason or wait for an approval:',
    ...others.slice(0, MOST_NAMED).map(otherLine),
    ...(more > 0 ? [`#   and ${more} more: rolegate list`] : []),
  ]
}

const otherLine = ({ alias, role, needs }: OtherRole): string =>
  `#   ${alias}/${role} (${needs.join(', ')}): rolegate exec ${alias}/${role}${needs.includes('reason') ? ' --reason WHY' : ''} -- COMMAND`

/** The sections of a `~/.aws/config` for one gateway: what all profiles share, then one profile a role. */
export function sectionsOf(facts: ConfigFacts, profiles: readonly NamedRole[], way: Way): readonly Section[] {
  if (way.mode === 'process') return profiles.map((profile) => processProfile(facts, profile, way))
  return [...shared(facts), ...profiles.map((profile) => ssoProfile(facts, profile))]
}

/**
 * `services` stands on every profile: a tool without it talks to real AWS (threats.md D8). Without the scope no client
 * renews its sign-in (aws.md §1.3).
 */
function shared({ origin, startUrl, ssoRegion }: ConfigFacts): readonly Section[] {
  const session = sessionNameOf(origin)
  return [
    [
      `[sso-session ${session}]`,
      `sso_start_url = ${startUrl}`,
      `sso_region = ${ssoRegion}`,
      'sso_registration_scopes = sso:account:access',
    ],
    [`[services ${session}]`, 'sso_oidc =', `  endpoint_url = ${origin}`, 'sso =', `  endpoint_url = ${origin}`],
  ]
}

const ssoProfile = ({ origin }: ConfigFacts, { name, accountId, role, region }: NamedRole): Section => [
  `[profile ${name}]`,
  `sso_session = ${sessionNameOf(origin)}`,
  `sso_account_id = ${accountId}`,
  `sso_role_name = ${role}`,
  `region = ${region}`,
  `services = ${sessionNameOf(origin)}`,
]

/** The words come in the order that warm.ts knows: SDKs run this line for every program they serve. */
const processProfile = (
  { origin }: ConfigFacts,
  { name, alias, role, region }: NamedRole,
  { program, windows }: Extract<Way, { mode: 'process' }>,
): Section => [
  `[profile ${name}]`,
  `credential_process = ${program.map((word) => quoted(word, windows)).join(' ')} credential-process ${alias}/${role} --server ${origin}`,
  `region = ${region}`,
]

/**
 * A path for credential_process. Some SDKs hand the line to a shell, some split it themselves, and some cut it at a
 * comment's sign; between double quotes these characters mean themselves to all of them. Anything else is refused.
 */
function quoted(path: string, windows: boolean): string {
  const plain = windows
    ? /^[A-Za-z]:\\[\p{L}\p{N} ._+@,=()'\\-]*[^\\]$/u.test(path)
    : /^\/[\p{L}\p{N} ._/+@:,=()'-]+$/u.test(path)
  if (!plain) throw new RolegateError('config_invalid', { path })
  return `"${path}"`
}
