import type { Template } from '../entitlement/pattern.ts'
import type { Rule } from '../entitlement/rule.ts'
import type { Policy } from './policy.ts'

/** A policy as JSON, to be held against another. Accounts and roles by name, rules in the order of the file. */
export type PolicyJson = {
  readonly accounts: Readonly<Record<string, unknown>>
  readonly roles: Readonly<Record<string, unknown>>
  readonly rules: readonly unknown[]
  readonly vouchers: Policy['vouchers']
  readonly settings: Policy['settings']
  readonly admin: Policy['staff']
  readonly tests: Policy['tests']
}

/** What a policy holds and nothing besides: there is no secret in it, masked or not (threats.md P2). */
export const policyAsJson = ({ mapping, vouchers, settings, staff, tests }: Policy): PolicyJson => ({
  accounts: Object.fromEntries([...mapping.accounts].map(([alias, account]) => [alias, plain(account)])),
  roles: Object.fromEntries([...mapping.roles].map(([key, kind]) => [key, plain(kind)])),
  rules: mapping.rules.map((rule) => plain({ ...rule, match: matchOf(rule) })),
  vouchers,
  settings,
  admin: staff,
  tests,
})

/** A pattern and what is asked of its captures, as the file spells them. */
function matchOf({ match }: Rule): object {
  if (!('pattern' in match)) return match
  const { idp, pattern, account, role } = match
  return {
    idp,
    pattern: pattern.source,
    ...(account !== undefined && { account: printed(account) }),
    ...(role !== undefined && { role: printed(role) }),
  }
}

const printed = (template: Template): string =>
  template.map((part) => (typeof part === 'string' ? part : `\${${part.capture}}`)).join('')

/** Lists for sets; what a function would do is said by the data beside it. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Set ? [...inner] : inner)))
