import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it, vi } from 'vitest'
import { patternOf, readPattern } from '../../../src/config/patterns.ts'
import { decide, entitlementsOf } from '../../../src/domain/entitlement/decide.ts'
import {
  fill,
  hasChoiceOutside,
  literalPrefix,
  fitsPieces,
  literalWithin,
  piecesOf,
  parseTemplate,
  type GroupPattern,
} from '../../../src/domain/entitlement/pattern.ts'
import { aMapping, anIndex, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aMoment } from '../../support/a-session.ts'

function pattern(source: string): GroupPattern {
  const read = readPattern(source)
  if ('fault' in read) throw new Error(read.fault)
  return read.pattern
}

const byConvention = aRule({
  id: 'by-convention',
  match: {
    idp: 'entra',
    pattern: pattern('^aws\\.(?P<account>[a-z0-9-]+)\\.(?P<role>[a-z]+)$'),
    account: [{ capture: 'account' }],
    role: [{ capture: 'role' }],
  },
  // The fence.
  accounts: ['payments-dev'],
  roles: ['readonly', 'dev'],
})
const index = anIndex({ rules: [byConvention] })
const held = (groups: readonly string[]) =>
  entitlementsOf(index, aPrincipal({ groups }), aMoment()).map(({ target }) => target.name)

describe('a grant by pattern', () => {
  it('opens the one role in the one account that a group names', () => {
    expect(held(['aws.payments-dev.dev'])).toEqual(['payments-dev/dev'])
    expect(held(['aws.payments-dev.dev', 'aws.payments-dev.readonly'])).toEqual([
      'payments-dev/readonly',
      'payments-dev/dev',
    ])
  })

  it('says which group it was', () => {
    const [found] = entitlementsOf(index, aPrincipal({ groups: ['other', 'aws.payments-dev.dev'] }), aMoment())
    expect(found?.via).toEqual([{ rule: 'by-convention', group: 'aws.payments-dev.dev' }])
  })

  it.each([
    ['an account outside the fence', 'aws.payments-prod.dev', 'payments-prod/dev'],
    ['a role outside the fence', 'aws.payments-dev.admin', 'payments-dev/admin'],
    ['an account that does not exist', 'aws.nowhere.dev', 'nowhere/dev'],
    ['a role that does not exist', 'aws.payments-dev.owner', 'payments-dev/owner'],
  ])('is kept by its fence from %s, and says so', (_what, group, named) => {
    expect(held([group])).toEqual([])
    expect(index.fenced(aPrincipal({ groups: [group] }))).toEqual([{ rule: 'by-convention', group, named }])
  })

  it.each([
    'xaws.payments-dev.dev',
    'aws.payments-dev.devx.',
    'AWS.payments-dev.dev',
    'aws.payments-dev.dev\n',
    'aws.payments-dev',
    '',
  ])('does not meet %j: it fits whole names only, as they are spelled', (group) => {
    expect(held([group])).toEqual([])
    expect(index.fenced(aPrincipal({ groups: [group] }))).toEqual([])
  })

  it('meets nobody of another IdP (threats.md R3)', () => {
    expect(entitlementsOf(index, aPrincipal({ idp: 'okta', groups: ['aws.payments-dev.dev'] }), aMoment())).toEqual([])
  })

  it('never opens anything past its fence, whatever groups are called', () => {
    const word = fc.oneof(
      fc.constantFrom('payments-dev', 'payments-prod', 'dev', 'readonly', 'admin', 'aws', '.', '..'),
      fc.string({ maxLength: 8, unit: 'binary' }),
    )
    const group = fc.array(word, { maxLength: 6 }).map((words) => words.join('.'))
    fc.assert(
      fc.property(fc.array(group, { maxLength: 6 }), (groups) => {
        for (const name of held(groups)) expect(['payments-dev/readonly', 'payments-dev/dev']).toContain(name)
      }),
      { numRuns: 5_000 },
    )
  })

  it('is beaten by a deny by pattern, which has no fence', () => {
    const denied = anIndex({
      rules: [
        byConvention,
        aRule({
          id: 'no-contractors',
          effect: 'deny',
          match: { idp: 'entra', pattern: pattern('^ext-.*$') },
          accounts: [...aMapping().accounts.keys()],
          roles: [...aMapping().roles.keys()],
        }),
      ],
    })
    const target = denied.target('payments-dev', 'dev')
    const decision = (groups: readonly string[]) => target && decide(denied, aPrincipal({ groups }), target, aMoment())
    expect(decision(['aws.payments-dev.dev'])).toMatchObject({ allowed: true })
    expect(decision(['aws.payments-dev.dev', 'ext-berlin'])).toEqual({
      allowed: false,
      code: 'denied_by_rule',
      rule: 'no-contractors',
    })
    expect(denied.denyReadsGroups('entra')).toBe(true)
  })
})

describe('patternOf', () => {
  it('reads a pattern when a name needs it: thousands come into force between two requests', () => {
    const compile = vi.spyOn(RE2JS, 'compile')
    try {
      const pattern = patternOf('^x(?:a|b)(?P<account>[a-z]+)$')
      expect(compile).not.toHaveBeenCalled()
      expect(['xapay', 'xcpay', 'xbdev'].map((name) => pattern.captures(name))).toEqual([
        { account: 'pay' },
        undefined,
        { account: 'dev' },
      ])
      expect(compile).toHaveBeenCalledTimes(1)
    } finally {
      compile.mockRestore()
    }
  })
})

describe('readPattern', () => {
  it.each([
    ['^(a+)+$', 'a'.repeat(50_000) + '!'],
    ['^(a|a)*b$', 'a'.repeat(50_000)],
    ['^(.*)*x$', 'y'.repeat(20_000)],
  ])('takes %s, and is done with a long name at once (linear time)', (source, group) => {
    expect(pattern(source).captures(group)).toBeUndefined()
  })

  it.each([
    ['aws.*', /anchored/],
    ['^aws', /anchored/],
    ['aws$', /anchored/],
    ['^aws\\$', /anchored/],
    ['^(?=aws)x$', /no RE2 pattern/],
    ['^(a)\\1$', /no RE2 pattern/],
    ['^(a$', /no RE2 pattern/],
    ['^a**$', /no RE2 pattern/],
    [`^${'a'.repeat(400)}$`, /at most 300/],
  ])('refuses %s', (source, fault) => {
    expect(readPattern(source)).toEqual({ fault: expect.stringMatching(fault) })
  })
})

describe('piecesOf', () => {
  it.each([
    ['^team-.*$', ['team-', '']],
    ['^.*-dev$', ['', '-dev']],
    ['^a\\.b.*c.*$', ['a.b', 'c', '']],
    ['^abc$', ['abc']],
    ['^$', ['']],
    ['^a.b$', undefined],
    ['^a*$', undefined],
    ['^.*?a$', undefined],
    ['^(a)$', undefined],
    ['^\\d$', undefined],
    ['^a\n.*$', undefined],
    ['^a\\.*$', undefined],
    ['a.*', undefined],
  ])('of %s is %j', (source, pieces) => {
    expect(piecesOf(source)).toEqual(pieces)
  })

  it('fit what RE2 fits, and nothing else', () => {
    const piece = fc.constantFrom('a', 'b', '\\.', '.*', 'ab', '-')
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '\n'), maxLength: 7 })
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(name, { minLength: 20, maxLength: 20 }),
        (parts, names) => {
          const source = `^${parts.join('')}$`
          const pieces = piecesOf(source)
          if (pieces === undefined) return
          const compiled = RE2JS.compile(source)
          for (const one of names) expect([one, fitsPieces(one, pieces)]).toEqual([one, compiled.matches(one)])
        },
      ),
      { numRuns: 5_000 },
    )
  })
})

describe('literalWithin', () => {
  it.each([
    ['^.*-svc$', '-svc'],
    ['^.*abc.*defg.*$', 'defg'],
    ['^(x|y)abc(z)?d$', 'abc'],
    ['^[abc]def[)]gh$', 'def'],
    ['^.*a\\.b$', 'a.b'],
    ['^.*ab*c$', 'a'],
    ['^abc|def$', ''],
    ['^.*$', ''],
    ['^a{12}bc$', 'bc'],
    ['^(?i).*abc$', ''],
    ['^.*\\x41bc$', ''],
    ['^.*\\pLbc$', ''],
    ['^.*\\dbc$', 'bc'],
  ])('of %s is %j', (source, within) => {
    expect(literalWithin(source)).toBe(within)
  })
})

describe('hasChoiceOutside', () => {
  it.each([
    ['^a|b$', true],
    ['^(a|b)$', false],
    ['^[a|b]$', false],
    ['^a\\|b$', false],
    ['^a[](]|.*$', true],
    ['^a[^](]|.*$', true],
    ['^a[[:alpha:](]|.*$', true],
    ['^a[[:^alpha:]|]$', false],
    ['^a\\Q(\\E|.*$', true],
    ['^a\\Q|\\Eb$', false],
    ['^a\\Q|b$', false],
    ['^a(b[)]|c)$', false],
  ])('of %s is %j', (source, has) => {
    expect(hasChoiceOutside(source)).toBe(has)
  })
})

describe('literalPrefix', () => {
  it.each([
    ['^aws\\.(?P<a>[a-z]+)$', 'aws.'],
    ['^aws-prod$', 'aws-prod'],
    ['^awsx?y$', 'aws'],
    ['^awsx*$', 'aws'],
    ['^awsx{2}$', 'aws'],
    ['^a|b$', ''],
    ['^(?i)aws$', ''],
    ['^[aws]x$', ''],
    ['^\\daws$', ''],
    ['^(a|b)c$', ''],
    ['^x(a|b)c$', 'x'],
  ])('of %s is %j', (source, prefix) => {
    expect(literalPrefix(source)).toBe(prefix)
  })

  it('begins every name that the pattern fits, and the other text stands in each', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '\\.',
      '.',
      'a*',
      'b+',
      'a?',
      '[ab]',
      '(a|b)',
      '(?:ab)',
      'a{2}',
      '|',
      '\\w',
      '-',
      '\\x61',
      '(?i)',
      '[^a]',
      '\\pL',
      'b{1,2}',
      '[](]',
      '[^](]',
      '[[:alpha:](]',
      '[)[]',
      '\\Q(\\E',
      '\\Q[\\Ea',
    )
    const source = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `^${pieces.join('')}$`)
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), maxLength: 6 })
    fc.assert(
      fc.property(source, fc.array(name, { minLength: 20, maxLength: 20 }), (text, names) => {
        const read = readPattern(text)
        if ('fault' in read) return
        for (const one of names)
          if (read.pattern.captures(one) !== undefined) {
            expect(one.startsWith(read.pattern.prefix)).toBe(true)
            expect(one).toContain(read.pattern.within())
          }
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('templates', () => {
  it('put captures where they are asked for', () => {
    const template = parseTemplate('aws-${account}-x${n}') ?? []
    expect(fill(template, { account: 'dev', n: '1' })).toBe('aws-dev-x1')
    expect(fill(template, {})).toBe('aws--x')
    expect(parseTemplate('plain')).toBeUndefined()
    expect(parseTemplate('${}')).toBeUndefined()
  })
})
