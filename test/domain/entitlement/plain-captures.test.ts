import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { plainCaptures } from '../../../src/domain/entitlement/plain-captures.ts'

const AWS = '^aws\\.(?P<account>[a-z0-9-]+)\\.(?P<role>[a-z]+)$'

describe('plainCaptures', () => {
  it.each([
    [AWS, 'aws.pay-dev.readonly', { account: 'pay-dev', role: 'readonly' }],
    [AWS, 'aws.pay.dev.readonly', undefined],
    [AWS, 'aws..readonly', undefined],
    [AWS, 'aws.pay.readonly.', undefined],
    [AWS, 'aws.PAY.readonly', undefined],
    [AWS, 'aws.pay.readonly\n', undefined],
    [AWS, '', undefined],
    ['^aws-(?P<account>[a-z-]+)-x$', 'aws-a-b-x-x', { account: 'a-b-x' }],
    ['^aws-(?P<account>[a-z-]+)-x$', 'aws--x', undefined],
    ['^aws-(?P<account>[a-z-]+)-x$', 'aws-x', undefined],
    ['^(?P<__proto__>[a-z]+)$', 'constructor', Object.fromEntries([['__proto__', 'constructor']])],
  ])('of %s reads %j as %j', (source, name, captures) => {
    expect(plainCaptures(source)?.(name)).toEqual(captures)
  })

  it.each([
    // Letters that could belong to two parts.
    '^(?P<account>[a-z-]+)-(?P<role>[a-z]+)$',
    '^(?P<a>[a-z]+)(?P<b>[0-9]+)$',
    // What is more than fixed text and plain letters.
    '^a(?P<b>.*)$',
    '^a(?P<b>[^-]+)$',
    '^a(?P<b>[a-z]*)$',
    '^a(?P<b>[a-z]+)?$',
    '^a(?P<b>[[:alpha:]]+)$',
    '^a(?P<b>[\\w]+)$',
    '^(?i)a(?P<b>[a-z]+)$',
    '^ab*(?P<b>[a-z]+)$',
    '^(a|b)(?P<c>[a-z]+)$',
    '^\\d(?P<c>[a-z]+)$',
    '^a.(?P<c>[a-z]+)$',
    'a(?P<c>[a-z]+)',
    '^a\\$',
  ])('leaves %s to RE2', (source) => {
    expect(plainCaptures(source)).toBeUndefined()
  })

  it('reads what RE2 reads, and nothing else', () => {
    const letters = fc.constantFrom('[ab]', '[a-c]', '[a-b-]', '[-a]', '[b.]', '[a-cx0-9_]', '[.a-]')
    const part = fc.oneof(
      fc.constantFrom('a', 'b', '-', '\\.', '\\-', 'ab', 'x', 'ü', '😀'),
      letters.map((set) => (at: number) => `(?P<c${at}>${set}+)`),
    )
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x', '-', '.', '\n', 'ü', '😀'), maxLength: 9 })
    let [plain, met] = [0, 0]
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 5 }),
        fc.array(name, { minLength: 30, maxLength: 30 }),
        (parts, names) => {
          const source = `^${parts.map((one, at) => (typeof one === 'string' ? one : one(at))).join('')}$`
          const captures = plainCaptures(source)
          if (captures === undefined) return
          plain += 1
          const compiled = RE2JS.compile(source)
          const groups = Object.keys(compiled.namedGroups())
          for (const one of names) {
            const matcher = compiled.matcher(one)
            const wanted = matcher.matches()
              ? Object.fromEntries(groups.map((group) => [group, matcher.group(group)]))
              : undefined
            if (wanted !== undefined) met += 1
            expect([source, one, captures(one)]).toEqual([source, one, wanted])
          }
        },
      ),
      { numRuns: 6_000 },
    )
    expect(plain).toBeGreaterThan(1_000)
    expect(met).toBeGreaterThan(500)
  })
})
