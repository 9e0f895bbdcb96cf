import type { Explanation } from '../domain/entitlement/explain.ts'
import { conditionSentence } from './answers.ts'
import { groupNamesIn, type GroupName, type WithGroupNames } from './group-names.ts'

/** An explanation with its conditions in words, as the API and the page give it. */
export type Explained = InWords<Explanation>

export type InWords<Story extends Told> = Omit<Story, 'unmet'> &
  WithGroupNames & { readonly unmet: readonly { readonly condition: string; readonly why: string }[] }

type Told = Pick<Explanation, 'unmet' | 'idp'> & { readonly rules: Parameters<typeof groupNamesIn>[0] }

export const inWords = <Story extends Told>(
  { unmet, ...explanation }: Story,
  groupName: GroupName,
): InWords<Story> => ({
  ...explanation,
  ...groupNamesIn(explanation.rules, explanation.idp, groupName),
  unmet: unmet.map((condition) => ({ condition, why: conditionSentence(condition) })),
})
