import { nearest } from '../did-you-mean.ts'
import type { Findings } from '../faults.ts'
import type { ConfigFile } from '../schema.ts'
import { itemsOf } from '../selectors.ts'

/** Environments are words of the file's own: a deny on `env:prod` does not close the account whose word is misspelt (threats.md R1). */
export function lintEnvironments(file: ConfigFile, findings: Findings): void {
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
        `"${word}" is the word of this account only, and no selector names it; did you mean "${near}"? [env-once]`,
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
