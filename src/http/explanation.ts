import type { Explanation } from '../domain/entitlement/explain.ts'
import { conditionSentence } from './answers.ts'

/** An explanation with its conditions in words, as the API and the page give it. */
export type Explained = InWords<Explanation>

export type InWords<Story extends Pick<Explanation, 'unmet'>> = Omit<Story, 'unmet'> & {
  readonly unmet: readonly { readonly condition: string; readonly why: string }[]
}

export const inWords = <Story extends Pick<Explanation, 'unmet'>>({
  unmet,
  ...explanation
}: Story): InWords<Story> => ({
  ...explanation,
  unmet: unmet.map((condition) => ({ condition, why: conditionSentence(condition) })),
})
