import { configuration, startConfigured } from './gateway.ts'
import { GROUP_POOL, TEAMS } from './people.ts'
import type { Side } from './side.ts'

export const ACCOUNTS = 1000

const KINDS = [
  ['readonly', 'Look, and change nothing', '12h'],
  ['developer', 'Deploy and debug services', '8h'],
  ['operator', 'Restart, scale, drain', '8h'],
  ['billing', 'Invoices, budgets, cost reports', '8h'],
  ['auditor', 'Read configuration and trails', '4h'],
  ['network', 'Routes, peerings, firewalls', '4h'],
  ['data-reader', 'Query tables and buckets', '8h'],
  ['data-writer', 'Load tables and buckets', '4h'],
  ['security', 'Findings, keys and policies', '4h'],
  ['support', 'Open and answer cases', '8h'],
] as const

const PRODUCTS = ['ledger', 'gateway', 'reports', 'events', 'search', 'catalog', 'profile', 'fraud', 'export', 'portal']
const STAGES = ['prod', 'staging', 'dev', 'test', 'sandbox']
const HARBOURS = ['eu', 'us']

/** Team, product, place and stage: 1,000 names as companies have them, and numbers as AWS gives them. */
const accounts = Array.from({ length: ACCOUNTS }, (_, at) => {
  const team = TEAMS[at % 10] ?? ''
  const product = PRODUCTS[Math.floor(at / 10) % 10] ?? ''
  const stage = STAGES[Math.floor(at / 100) % 5] ?? ''
  const harbour = HARBOURS[Math.floor(at / 500)] ?? ''
  return {
    alias: `${team.toLowerCase()}-${product}-${harbour}-${stage}`,
    id: String(100_000_000_000 + ((at * 739_391_993_273 + 271_828_182_845) % 899_999_999_999)),
    name: `${team} ${product}`,
    stage,
  }
})

/**
 * Everybody reads everywhere; the other roles come by stage, and by the person's own groups once more: 400 rules, of which a person
 * of fifty groups meets fifteen or so.
 */
const rules = [
  `  - { id: everyone-reads, match: { idp: bench, everyone: true }, grant: { accounts: "*", roles: [readonly, auditor, support], wildcard: true } }`,
  ...STAGES.map(
    (stage) =>
      `  - { id: all-of-${stage}, match: { idp: bench, everyone: true }, grant: { accounts: "env:${stage}", roles: [${KINDS.map(([key]) => key).join(', ')}], max_duration: ${stage === 'prod' ? '2h' : '8h'} } }`,
  ),
  ...Array.from({ length: 400 }, (_, at) => {
    const own = accounts.filter((_account, number) => number % 40 === at % 40).map(({ alias }) => alias)
    return `  - { id: team-${at}, match: { idp: bench, group: ${GROUP_POOL[at * 5]} }, grant: { accounts: [${own.join(', ')}], roles: [developer, operator] } }`
  }),
]

/** The gateway of the other benches with a thousand accounts, ten roles in each, all of them everybody's. */
export const startManyRoles = (idpUrl: string): Promise<Side> =>
  startConfigured((ports) =>
    configuration({ audit: 'file', stsUrl: 'http://127.0.0.1:9', idpUrl, rules: 5 }, ports).replace(
      /^accounts:\n.*?(?=^sts:)/ms,
      () => `accounts:
${accounts.map(({ alias, id, name, stage }) => `  ${alias}: { id: "${id}", name: ${name}, env: ${stage} }`).join('\n')}
roles:
${KINDS.map(([key, summary, most]) => `  ${key}: { role_name: rolegate/${key}, summary: "${summary}", max_duration: ${most} }`).join('\n')}
rules:
${rules.join('\n')}
`,
    ),
  )
