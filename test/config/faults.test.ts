import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigFaults, type Fault } from '../../src/config/faults.ts'
import { loadConfig, printFaults, type Loaded } from '../../src/config/load.ts'
import { withoutOperators } from '../../src/config/reload/without-operators.ts'
import { compileRules } from '../../src/domain/entitlement/compile.ts'
import { lockoutBy } from '../../src/domain/policy/lockout.ts'
import { aWorld } from './a-file.ts'
import { BASE, type Case } from './faults/case.ts'
import { ADMIN, CONDITIONS } from './faults/conditions.ts'
import { INCLUDES, NAMES } from './faults/files.ts'
import { FORMER, LATELY, LOCKOUTS } from './faults/lockouts.ts'
import { ACCOUNTS, KEYS, PATTERNS, ROLES, RULES } from './faults/names.ts'
import { NARROWING } from './faults/narrowing.ts'
import { IDPS, KEEPING, LIMITS, SERVER, TESTS } from './faults/surroundings.ts'
import { TEXT } from './faults/text.ts'

const CORPUS = {
  TEXT,
  KEYS,
  ACCOUNTS,
  ROLES,
  NARROWING,
  RULES,
  CONDITIONS,
  ADMIN,
  PATTERNS,
  SERVER,
  IDPS,
  KEEPING,
  LIMITS,
  TESTS,
  INCLUDES,
  NAMES,
  LOCKOUTS,
}
const all = Object.values(CORPUS).flat()

const FILE = '/etc/rolegate/rolegate.yaml'

const worldOf = ({ text, files = {} }: Pick<Case, 'text' | 'files'>) =>
  aWorld({
    files: { '/run/secrets/okta': 'kD9-fK2vq\n', '/etc/rolegate/keycloak.xml': '<unread/>', ...files, [FILE]: text },
  })

/** What decides by a file, and who operates by it. */
const sideOf = ({ config }: Loaded) => ({ index: compileRules(config.mapping), staff: config.admin })
const former = sideOf(loadConfig(worldOf({ text: FORMER })))

function read(broken: Case): readonly Fault[] {
  try {
    const loaded = loadConfig(worldOf(broken))
    if (!LOCKOUTS.includes(broken)) return []
    const { said, ofAllOperators } = lockoutBy(former, sideOf(loaded), LATELY)
    return ofAllOperators ? withoutOperators(said, loaded.operatorsAt).faults : []
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) return thrown.faults
    throw thrown
  }
}

/** Each is read once: there are many, and more than one question about them. */
const known = new Map<Case, readonly Fault[]>()

function faultsOf(broken: Case): readonly Fault[] {
  const faults = known.get(broken) ?? read(broken)
  known.set(broken, faults)
  return faults
}

const WIDEST = 140

/** The line a fault points at, and the place in it, as whoever mends it sees them. */
function pointAt({ file, line, column }: Fault, { text: main, files = {} }: Case): string {
  const written = file === undefined ? main : (files[join('/etc/rolegate', file)] ?? '')
  const text = typeof written === 'string' ? written : Buffer.from(written).toString('utf8')
  const shown = (text.split(/\r?\n/)[line - 1] ?? '').replaceAll(/\p{Cc}/gu, '→')
  const from = Math.max(0, column - WIDEST / 2)
  const number = String(line).padStart(4)
  return `${number} | ${shown.slice(from, from + WIDEST)}\n     | ${' '.repeat(column - 1 - from)}^`
}

const story = (one: Case): string =>
  `## ${one.name}\n\n${faultsOf(one)
    .map((fault) => `${pointAt(fault, one)}\n${printFaults('rolegate.yaml', [fault])}`)
    .join('\n')}`

describe('a hundred broken files and more', { timeout: 60_000 }, () => {
  it('are each broken, each by a name of its own, and what they break loads', () => {
    expect(faultsOf({ name: 'none', text: BASE })).toEqual([])
    expect(all.filter((one) => faultsOf(one).length === 0).map(({ name }) => name)).toEqual([])
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    expect(all.length).toBeGreaterThan(100)
  })

  // Written anew, to be read again: npx vitest run test/config/faults.test.ts -u
  it('say what is wrong, where, and what to do', async () => {
    const golden = Object.entries(CORPUS).map(([subject, cases]) => `# ${subject}\n\n${cases.map(story).join('\n')}`)
    await expect(golden.join('\n')).toMatchFileSnapshot('faults/golden.txt')
  })
})

describe('patterns that ruin an engine which goes back', () => {
  const name = `${'a'.repeat(255)}!`

  it.each(['^(a+)+$', '^(a|aa)+$', '^(.*a){40}$', '^(a|a?)+$', '^([a-zA-Z]+)*$', '^(.*)*x$'])(
    '%s loads, and costs no more than its length',
    (source) => {
      const rule = `- { id: x, match: { idp: okta, pattern: '${source}' }, deny: { accounts: "*" } }`
      const text = BASE.replace('sts:\n', () => `  ${rule}\nsts:\n`)
      const { mapping } = loadConfig(worldOf({ text })).config
      const { match } = mapping.rules.at(-1) ?? {}
      if (match === undefined || !('pattern' in match)) throw new Error('the rule has no pattern')
      // One that goes back would be at it for years: that there is an answer says that it does not.
      expect(match.pattern.captures(name)).toBeUndefined()
    },
  )
})
