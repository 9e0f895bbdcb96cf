import { RolegateError } from '../../errors.ts'
import { NAME } from '../../name.ts'
import { isRegion } from '../partition.ts'
import { beginOf, endOf, putBlock, splitAtBlock } from './block.ts'
import { sessionNameOf, type ConfigFacts } from './facts.ts'
import { othersSection, sectionsOf, type Way } from './lines.ts'
import { isProfileName, nameRoles, type NamedRole } from './profile-names.ts'
import { roleIn } from './profile-role.ts'
import { readSections, type ConfigSection } from './read-sections.ts'

export type Merge = {
  readonly facts: ConfigFacts
  readonly way: Way
  readonly template?: string
  /** The config file as it is; empty when there is none. */
  readonly config: string
  /** The credentials file, whose profiles win over ours. */
  readonly credentials: string
  /** Forget the profiles of roles that are no longer on the list. */
  readonly prune: boolean
}

export type Merged = {
  readonly text: string
  readonly written: readonly string[]
  /** Of roles that are no longer on the list. */
  readonly kept: readonly string[]
  /** Profiles of the old block that are not in the new one. */
  readonly removed: readonly string[]
  /** Already in the file, outside the block: theirs stays, and ours is not written. */
  readonly skipped: readonly string[]
  /** Also in the credentials file, whose keys win. */
  readonly shadowed: readonly string[]
}

/** A gateway's block, marks and all, as it stands in a file of its own. */
export const printBlock = (facts: ConfigFacts): string =>
  `${blockOf(facts, sectionsOf(facts, nameRoles(facts.roles), { mode: 'sso' }), []).join('\n')}\n`

/**
 * Puts a gateway's block into a config file. Python's SDK refuses a file in which a profile stands twice, so a name
 * that is taken stays with whoever has it. Fails with `config_invalid` when the name of the shared sections is taken.
 */
export function mergeConfig({ facts, way, template, config, credentials, prune }: Merge): Merged {
  const split = splitAtBlock(config, facts.origin)
  const theirs = readSections(`${split.before}\n${split.after}`)
  const session = sessionNameOf(facts.origin)
  const taken = theirs.find(({ kind, name }) => (kind === 'sso-session' || kind === 'services') && name === session)
  if (way.mode === 'sso' && taken !== undefined)
    throw new RolegateError('config_invalid', { section: taken.kind, session })

  const wanted = nameRoles(facts.roles, template)
  const before = readSections(split.block ?? '').filter(({ kind }) => kind === 'profile')
  const vanished = prune ? [] : before.flatMap(makeVanishedIn(wanted, facts, way))
  const isTheirs = namesIn(theirs, 'profile')
  const isFree = ({ name }: NamedRole) => !isTheirs.has(name)
  const [written, kept] = [wanted.filter(isFree), vanished.filter(isFree)]

  const ours = sectionsOf(facts, written, way)
  const old = kept.flatMap((profile) => sectionsOf(facts, [profile], way).slice(-1))
  const names = [...written, ...kept].map(({ name }) => name)
  const present = new Set(names)
  const winners = namesIn(readSections(credentials), 'other')
  return {
    text: putBlock(split, blockOf(facts, ours, old)),
    written: written.map(({ name }) => name),
    kept: kept.map(({ name }) => name),
    removed: before.map(({ name }) => name).filter((name) => !present.has(name)),
    skipped: wanted.filter((profile) => !isFree(profile)).map(({ name }) => name),
    shadowed: names.filter((name) => winners.has(name)),
  }
}

function blockOf(
  facts: ConfigFacts,
  ours: readonly (readonly string[])[],
  vanished: readonly (readonly string[])[],
): readonly string[] {
  const note = '# Written for you: what stands between these marks is replaced the next time.'
  const farewell = ['# No longer among your roles:']
  const others = othersSection(facts)
  const sections = [
    [note],
    ...ours,
    ...(others.length > 0 ? [others] : []),
    ...(vanished.length > 0 ? [farewell, ...vanished] : []),
  ]
  return [
    beginOf(facts.origin),
    ...sections.flatMap((section, index) => (index === 0 ? section : ['', ...section])),
    endOf(facts.origin),
  ]
}

const namesIn = (sections: readonly ConfigSection[], kind: ConfigSection['kind']): ReadonlySet<string> =>
  new Set(sections.filter((section) => section.kind === kind).map(({ name }) => name))

/**
 * A profile of the old block whose role is no longer on the list, read back far enough to be written again. Undefined
 * if it is not plainly one of ours: that is dropped.
 */
function makeVanishedIn(
  wanted: readonly NamedRole[],
  { others = [] }: ConfigFacts,
  way: Way,
): (section: ConfigSection) => readonly NamedRole[] {
  const names = new Set(wanted.map(({ name }) => name))
  // One that no tool can take any more is theirs still, and its profile of no use.
  const roles = new Set(
    [...wanted, ...others].flatMap(({ alias, accountId, role }) => [`${alias}/${role}`, `${accountId}/${role}`]),
  )
  return (section) => {
    const { name, keys } = section
    const region = keys.get('region') ?? ''
    const accountId = keys.get('sso_account_id') ?? ''
    const { account: alias, role } = roleIn(section)
    if (names.has(name) || roles.has(`${alias}/${role}`)) return []
    const complete = way.mode === 'process' || /^\d{12}$/.test(accountId)
    const plain = isProfileName(name) && isRegion(region) && NAME.test(alias) && NAME.test(role)
    return plain && complete ? [{ name, alias, role, accountId, region }] : []
  }
}
