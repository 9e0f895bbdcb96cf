import { splitAtBlock } from './block.ts'
import { sessionNameOf, type ConfigFacts, type ConfigRole } from './facts.ts'
import { commandIn, roleIn } from './profile-role.ts'
import { readSections, type ConfigSection } from './read-sections.ts'

/** What stands in a person's files of one gateway, beside what should. */
export type Inspected = {
  /** Nothing of the gateway's: the block was never written. */
  readonly absent: boolean
  /** The sections that all profiles share are no longer what the gateway says they should be. */
  readonly outdated: boolean
  /** `alias/role` of roles without a profile in the block. */
  readonly missing: readonly string[]
  /** Profiles of the block whose role is not on the list. */
  readonly vanished: readonly string[]
  /** Section names that stand twice: Python's SDK then refuses the whole file. */
  readonly twice: readonly string[]
  /** Profiles of the block that the credentials file has too; keys there win over ours. */
  readonly shadowed: readonly string[]
  /**
   * Profiles that use this gateway's sign-in but do not point at its endpoints: they talk to real AWS (threats.md D8).
   */
  readonly misled: readonly string[]
  /** Programs that credential_process of the block names. */
  readonly programs: readonly string[]
}

/** Fails with `config_invalid` when the marks of the block do not pair up. */
export function inspectConfig(facts: ConfigFacts, config: string, credentials: string): Inspected {
  const { before, block, after } = splitAtBlock(config, facts.origin)
  const ours = readSections(block ?? '')
  const profiles = ours.filter(({ kind }) => kind === 'profile')
  const everywhere = [...readSections(before), ...ours, ...readSections(after)]
  const held = profiles.map((profile) => ({ name: profile.name, ...roleIn(profile) }))
  const heldRoles = new Set(held.map(({ account, role }) => `${account}/${role}`))
  const namesOf = ({ alias, accountId, role }: ConfigRole) => [`${alias}/${role}`, `${accountId}/${role}`]
  const listedRoles = new Set(facts.roles.flatMap(namesOf))
  const credentialNames = new Set(readSections(credentials).map(({ name }) => name))

  return {
    absent: block === undefined,
    outdated: block !== undefined && !sharesFacts(ours, facts),
    missing: facts.roles
      .filter((role) => !namesOf(role).some((name) => heldRoles.has(name)))
      .map(({ alias, role }) => `${alias}/${role}`),
    vanished: held.filter(({ account, role }) => !listedRoles.has(`${account}/${role}`)).map(({ name }) => name),
    twice: repeated(everywhere.map(headingOf)),
    shadowed: profiles.map(({ name }) => name).filter((name) => credentialNames.has(name)),
    misled: everywhere.filter(makeIsMisled(everywhere, facts)).map(headingOf),
    programs: [...new Set(profiles.flatMap(commandIn))],
  }
}

function repeated(texts: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return [...new Set(texts.filter((text) => seen.size === seen.add(text).size))]
}

const headingOf = ({ kind, name }: ConfigSection): string => (kind === 'other' ? name : `${kind} ${name}`)

/** Profiles that ask this program need none of them. */
function sharesFacts(ours: readonly ConfigSection[], { origin, startUrl, ssoRegion }: ConfigFacts): boolean {
  const session = ours.find(({ kind }) => kind === 'sso-session')
  if (session === undefined) return ours.every(({ kind, keys }) => kind === 'profile' && keys.has('credential_process'))
  const says = (key: string, value: string) => session.keys.get(key) === value
  return (
    says('sso_start_url', startUrl) && says('sso_region', ssoRegion) && leadsTo(origin, ours)(sessionNameOf(origin))
  )
}

/** Answers whether the `[services]` section of this name sends both halves of the sign-in to this origin. */
function leadsTo(origin: string, sections: readonly ConfigSection[]): (name: string) => boolean {
  const services = sections.filter(({ kind }) => kind === 'services')
  return (name) => {
    const keys = services.find((one) => one.name === name)?.keys
    return keys?.get('sso.endpoint_url') === origin && keys.get('sso_oidc.endpoint_url') === origin
  }
}

function makeIsMisled(
  all: readonly ConfigSection[],
  { origin, startUrl }: ConfigFacts,
): (one: ConfigSection) => boolean {
  const sessions = all.filter(({ kind }) => kind === 'sso-session')
  const isLedHere = leadsTo(origin, all)
  return ({ kind, name, keys }) => {
    if (kind !== 'profile' && name !== 'default') return false
    const session = sessions.find((one) => one.name === keys.get('sso_session'))
    const signsInAt = keys.get('sso_start_url') ?? session?.keys.get('sso_start_url')
    return signsInAt === startUrl && !isLedHere(keys.get('services') ?? '')
  }
}
