import { createHash } from 'node:crypto'
import { allowsNothing, policyFaults } from '../domain/aws/session-policy-document.ts'
import {
  LONGEST_BINDING,
  MOST_POLICY_CHARACTERS,
  policyTextOf,
  sentPolicyFor,
  type InlinePolicy,
} from '../domain/aws/session-policy.ts'
import { printPath, type Fault, type Findings, type Path } from './faults.ts'
import { NoJson, readJson } from './json.ts'
import { asWritten } from './paths.ts'
import { nameOf, type PolicyFiles } from './policy-files.ts'
import { reachOf } from './reach.ts'
import type { ConfigFile } from './schema.ts'
import { rolesInForce } from './variants.ts'
import type { World } from './world.ts'

/**
 * The session policies of the configuration, by the file names it gives. An unusable one is a fault and missing here.
 */
export type InlinePolicies = ReadonlyMap<string, InlinePolicy>

type Narrowed = Pick<ConfigFile['roles'][string], 'session_policy_file' | 'policy_arns' | 'bind_ip'>

/**
 * Reads every `session_policy_file`, of roles and of grants. What is wrong with a place that names one is a finding; what is
 * wrong in a policy is a fault of that file, said once.
 */
export function readSessionPolicies(
  file: ConfigFile,
  world: World,
  files: PolicyFiles,
  findings: Findings,
): { readonly inline: InlinePolicies; readonly faults: readonly Fault[] } {
  const seen = new Map<string, Reading>()
  const bound = boundFiles(file)
  for (const [{ session_policy_file: name, policy_arns: managed }, path] of narrowedIn(file)) {
    if (name === undefined) continue
    const here = [...path, 'session_policy_file']
    const known = seen.get(name)
    const read = known ?? readPolicy(asWritten(name, world), files, world)
    seen.set(name, read)
    if ('missing' in read) findings.fault(here, read.missing)
    if (!('inline' in read)) continue
    if (read.allowsNothing && managed.length === 0)
      findings.fault(here, 'allows nothing: a session may do only what its policy allows as well')
    lintLength(read.inline, managed, bound.has(name), here, findings)
  }
  return {
    inline: new Map([...seen].flatMap(([name, read]) => ('inline' in read ? [[name, read.inline] as const] : []))),
    faults: [...seen.values()].flatMap((read) => ('faults' in read ? read.faults : [])),
  }
}

type Reading =
  | { readonly inline: InlinePolicy; readonly allowsNothing: boolean }
  | { readonly missing: string }
  | { readonly faults: readonly Fault[] }

/** Everything in the file that may narrow a session, and where it stands. */
export const narrowedIn = ({
  roles,
  rules,
}: Pick<ConfigFile, 'roles' | 'rules'>): readonly (readonly [Narrowed, Path])[] => [
  ...Object.entries(roles).map(([key, role]) => [role, ['roles', key]] as const),
  ...rules.flatMap(({ grant }, index) => (grant === undefined ? [] : [[grant, ['rules', index, 'grant']] as const])),
]

/** Longer than anything that fits when white space is taken out. */
const MOST_TEXT = 20_000

function readPolicy(path: string, files: PolicyFiles, world: World): Reading {
  const read = files.text(path)
  if ('fault' in read) return { missing: read.fault }
  const { text } = read
  if (text.length > MOST_TEXT) return { missing: `is ${text.length} characters long, which is no session policy` }
  const file = nameOf(path, world)
  try {
    const { value, placeOf } = readJson(text)
    const faults = policyFaults(value).map(({ path: at, message }) => ({
      ...placeOf(at),
      path: printPath(at),
      message,
      file,
    }))
    const json = JSON.stringify(value)
    if (faults.length > 0) return { faults }
    const [strange] = /[^\t\n\r\u0020-\u00ff]/u.exec(json) ?? []
    if (strange !== undefined)
      return { missing: `holds "${strange}", and AWS takes Latin letters only (U+0020 to U+00FF)` }
    const hash = createHash('sha256').update(json).digest('hex')
    return { inline: { json, hash }, allowsNothing: allowsNothing(value) }
  } catch (thrown) {
    if (thrown instanceof NoJson) return { faults: [{ ...thrown.place, path: '', message: thrown.message, file }] }
    throw thrown
  }
}

function lintLength(
  inline: InlinePolicy,
  managed: readonly string[],
  isBound: boolean,
  here: Path,
  findings: Findings,
): void {
  const sent = sentPolicyFor({ inline, managed }, { id: '0'.repeat(12), partition: 'aws' })
  const text = policyTextOf(isBound ? { ...sent, boundTo: LONGEST_BINDING } : sent) ?? ''
  const characters = [text, ...sent.arns].join('').length
  const included = [...(sent.arns.length > 0 ? ['policy_arns'] : []), ...(isBound ? ['what bind_ip adds'] : [])]
  if (characters > MOST_POLICY_CHARACTERS)
    findings.fault(
      here,
      `is ${characters} characters without its white space${included.length > 0 ? `, ${included.join(' and ')} included` : ''}; AWS takes ${MOST_POLICY_CHARACTERS}`,
    )
}

/** The files whose policies may go out with a binding to an address in them. */
function boundFiles(file: ConfigFile): ReadonlySet<string> {
  if (!narrowedIn(file).some(([{ bind_ip: bound }]) => bound)) return new Set()
  const roles = rolesInForce(file.roles)
  return new Set(
    file.rules.flatMap((rule) =>
      [...reachOf(rule, file).roles.meant].flatMap((key) => {
        const [role, { grant }] = [roles[key], rule]
        const isBound = role !== undefined && grant !== undefined && (role.bind_ip || grant.bind_ip)
        return isBound ? (role.session_policy_file ?? grant.session_policy_file ?? []) : []
      }),
    ),
  )
}
