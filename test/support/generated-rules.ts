import fc from 'fast-check'
import { rangesOf } from '../../src/config/networks.ts'
import { readPattern } from '../../src/config/patterns.ts'
import type { Circumstances } from '../../src/domain/entitlement/conditions.ts'
import type { GroupPattern } from '../../src/domain/entitlement/pattern.ts'
import type { Requirement } from '../../src/domain/entitlement/requirement.ts'
import { parseTimeWindow } from '../../src/domain/entitlement/time-window.ts'
import { aMapping, anAccount, aRoleKind, aRule } from './a-mapping.ts'
import { aPrincipal } from './a-principal.ts'
import { NINE, secondsAfter } from './a-session.ts'

/** Rules, people and moments as fast-check thinks them up: small, and odd. */

const HOUR = 3600

export function patternOf(source: string): GroupPattern {
  const read = readPattern(source)
  if ('fault' in read) throw new Error(read.fault)
  return read.pattern
}

const idps = ['entra', 'okta']
const groups = [
  'a',
  'A',
  'b',
  '*',
  '__proto__',
  'constructor',
  'a b',
  '',
  'aws.prod.ro',
  'aws.dev.dev',
  'aws.data.admin',
  'aws.prod.owner',
  'aws.x.ro',
  'prod-ro',
  'dev-ro',
  'x-b',
]
export const aliases = ['prod', 'dev', 'data']
export const keys = ['ro', 'dev', 'admin']

const someOf = <Value>(values: readonly Value[], minLength = 0) => fc.subarray([...values], { minLength })
const capturing = (name: string) => [{ capture: name }]
const patternMatch = fc
  .tuple(
    fc.constantFrom(
      ...[
        {
          source: '^aws\\.(?P<account>[a-z]+)\\.(?P<role>[a-z]+)$',
          account: capturing('account'),
          role: capturing('role'),
        },
        { source: '^(?P<account>[a-z]+)-ro$', account: capturing('account') },
        { source: '^.*\\.(?P<role>[a-z]+)$', role: capturing('role') },
        { source: '^x-.*$' },
        { source: '^.*-ro$' },
        { source: '^.*$' },
      ].map(({ source, ...templates }) => ({ pattern: patternOf(source), ...templates })),
    ),
    fc.constantFrom(...idps),
  )
  .map(([about, idp]) => ({ idp, ...about }))
const match = fc.oneof(
  patternMatch,
  fc.record({ idp: fc.constantFrom(...idps), groups: someOf(groups, 1) }),
  fc.record({ idp: fc.constantFrom(...idps), everyone: fc.constant(true as const) }),
  fc.record({ groups: someOf(groups, 1) }),
  fc.record({ everyone: fc.constant(true as const) }),
)
const maybe = <Value>(value: Value) => fc.constantFrom(undefined, undefined, undefined, value)
const requirement = fc
  .record({
    mfaSeconds: maybe(600),
    networks: maybe(rangesOf(['52.94.76.0/24'])),
    windows: fc.constantFrom(undefined, undefined, ['07:00-20:00 UTC'], ['06:00-08:00 UTC', '20:00-22:00 UTC']),
    reason: fc.constantFrom(undefined, undefined, true, 'INC'),
    approval: maybe({ of: 'rule any', idp: 'entra', groups: ['leads'], validSeconds: HOUR }),
  })
  .map(({ mfaSeconds, networks, windows, reason, approval }): Requirement => ({
    ...(mfaSeconds !== undefined && { mfaSeconds }),
    ...(networks !== undefined && { networks }),
    ...(windows !== undefined && { windows: windows.flatMap((text) => parseTimeWindow(text) ?? []) }),
    ...(reason === true && { reason: { fits: () => true } }),
    ...(reason === 'INC' && { reason: { pattern: '^INC-.*$', fits: (text: string) => text.startsWith('INC-') } }),
    ...(approval !== undefined && { approval }),
  }))
const require = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: requirement })
export const moments = fc
  .record({
    hour: fc.integer({ min: 0, max: 23 }),
    address: fc.constantFrom('52.94.76.7', '52.94.76.7', '52.94.77.1', '', '::1'),
    mfaAgo: fc.constantFrom(undefined, 0, 600, 601),
    reason: fc.constantFrom(undefined, 'INC-1', 'please'),
  })
  .map(({ hour, address, mfaAgo, reason }): Circumstances => {
    const now = secondsAfter(NINE, hour * HOUR)
    return {
      now,
      address,
      ...(mfaAgo !== undefined && { mfaAt: secondsAfter(now, -mfaAgo) }),
      ...(reason !== undefined && { reason }),
    }
  })
export const ruleParts = fc.record({
  match,
  require,
  isDeny: fc.integer({ min: 0, max: 4 }).map((roll) => roll === 0),
  accounts: someOf(aliases),
  roles: someOf(keys),
  maxSeconds: fc.constantFrom(undefined, HOUR, 2 * HOUR, 12 * HOUR),
  bindIp: maybe(true as const),
})
export const mappings = fc
  .tuple(
    fc.array(ruleParts, { maxLength: 7 }),
    fc.constantFrom(HOUR, 2 * HOUR),
    fc.tuple(require, require),
    fc.constantFrom([], [], ['okta']),
  )
  .map(([parts, most, asked, withoutMfa]) =>
    aMapping({
      accounts: aliases.map((alias, n) => anAccount({ alias, id: `00000000000${n}`, environment: alias })),
      roles: keys.map((key, n) => ({
        ...aRoleKind({ key, roleName: key, maxSeconds: most }),
        ...(asked[n] !== undefined && { requires: [asked[n]] }),
      })),
      withoutMfa: new Set(withoutMfa),
      rules: parts.map(({ match, require: asking, isDeny, accounts, roles, maxSeconds, bindIp }, n) => {
        // As config/ resolves it: what no IdP bounds can only deny, and what a group names is only given.
        const isClosing = (isDeny && !('account' in match || 'role' in match)) || !('idp' in match)
        return {
          ...aRule({ id: `rule-${n}`, accounts, roles }),
          match,
          effect: isClosing ? 'deny' : 'grant',
          ...(maxSeconds !== undefined && { maxSeconds }),
          ...(asking !== undefined && !isClosing && { require: asking }),
          ...(bindIp === true && !isClosing && { bindIp }),
        }
      }),
    }),
  )
export const principals = fc
  .record({ idp: fc.constantFrom(...idps), groups: someOf(groups) })
  .map(({ idp, groups: names }) => aPrincipal({ idp, groups: names }))
