import type { Explanation } from '../domain/entitlement/explain.ts'
import { conditionSentence } from './answers.ts'

/** An explanation with its conditions in words, as the API and the page give it. */
export type Explained = Omit<Explanation, 'unmet'> & {
  readonly unmet: readonly { readonly condition: string; readonly why: string }[]
}

export const inWords = ({ unmet, ...explanation }: Explanation): Explained => ({
  ...explanation,
  unmet: unmet.map((condition) => ({ condition, why: conditionSentence(condition) })),
})
