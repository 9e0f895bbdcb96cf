import { listed } from '../../domain/listed.ts'
import { nearest } from '../../domain/nearest.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Findings } from '../faults.ts'
import type { ConfigFile } from '../schema.ts'
import { itemsOf } from '../selectors.ts'

/**
 * Environments are words of the file's own. If an account's is misspelt, a deny on `env:prod` does not cover it
 * (threats.md R1).
 */
export function lintEnvironments(file: ConfigFile, findings: Findings): void {
  if (file.environments === undefined) lintWords(file, findings)
  else lintDeclared(file.environments, file, findings)
}

/**
 * With a declared list, every account needs a word from it: another, or none, would escape every deny by environment.
 */
function lintDeclared(declared: readonly string[], { accounts }: ConfigFile, findings: Findings): void {
  declared.forEach((word, index) => {
    const earlier = declared.slice(0, index).find((one) => one.toLowerCase() === word.toLowerCase())
    if (earlier !== undefined)
      findings.fault(
        ['environments', index],
        earlier === word
          ? `"${word}" stands twice`
          : `"${word}" and "${earlier}" differ in case only; keep one of them`,
      )
  })
  for (const [alias, { env }] of Object.entries(accounts)) {
    if (env === undefined)
      findings.fault(['accounts', alias, 'env'], `is missing; \`environments\` has ${listed(declared, MOST_NAMED)}`)
    else if (!declared.includes(env))
      findings.fault(['accounts', alias, 'env'], `"${env}" is none of \`environments\`${didYouMean(env, declared)}`)
  }
}

const MOST_NAMED = 6

function lintWords(file: ConfigFile, findings: Findings): void {
  const byWord = new Map<string, readonly string[]>()
  for (const [alias, { env }] of Object.entries(file.accounts))
    if (env !== undefined) byWord.set(env, [...(byWord.get(env) ?? []), alias])
  const spelt = new Map<string, string>()
  for (const [word, [first]] of byWord) {
    const other = spelt.get(word.toLowerCase())
    spelt.set(word.toLowerCase(), other ?? word)
    if (other !== undefined && first !== undefined)
      findings.fault(
        ['accounts', first, 'env'],
        `"${word}" and the "${other}" of "${byWord.get(other)?.[0]}" differ in case only; spell them alike`,
      )
  }
  const named = namedIn(file)
  for (const [word, [only, ...more]] of byWord) {
    if (only === undefined || more.length > 0 || named.has(word)) continue
    const others = [...byWord.keys()].filter((one) => one.toLowerCase() !== word.toLowerCase())
    const near = nearest(word, others)
    if (near !== undefined)
      findings.warn(
        ['accounts', only, 'env'],
        `"${word}" is the word of this account only, and no selector names it; did you mean "${near}"? A line \`environments: [${others.join(', ')}]\` refuses any other [env-once]`,
      )
  }
}

/** The environments that something else in the file names as well. */
function namedIn({ rules, include, sessions }: ConfigFile): ReadonlySet<string> {
  const selectors = [
    ...rules.flatMap(({ grant, deny, within }) => [grant?.accounts, deny?.accounts, within?.accounts]),
    ...include.map(({ within }) => within.accounts),
    sessions.cli.device.except,
  ]
  const words = selectors.flatMap((selector) => (selector === undefined ? [] : itemsOf(selector)))
  return new Set([
    ...words.filter((item) => item.startsWith('env:')).map((item) => item.slice('env:'.length)),
    ...Object.keys(sessions.claims_max_age.env),
  ])
}
