import type { Explanation } from '../domain/entitlement/explain.ts'
import { conditionSentence } from './answers.ts'
import { conditionTold } from './conditions.ts'
import { groupNamesIn, type GroupName, type WithGroupNames } from './group-names.ts'

/** An explanation with its conditions in words, as the API and the page give it. */
export type Explained = InWords<Explanation>

export type InWords<Story extends Told> = Omit<Story, 'unmet' | 'conditions'> &
  WithGroupNames & {
    readonly conditions: readonly ConditionInWords[]
    readonly unmet: readonly { readonly condition: string; readonly why: string }[]
  }

/** Approvers by the names people call their groups. */
type ConditionInWords = Omit<Explanation['conditions'][number], 'approvers'> & {
  readonly why: string
  readonly approvers?: readonly string[]
}

const conditionInWords = (
  { approvers, ...weighed }: Explanation['conditions'][number],
  groupName: GroupName,
): ConditionInWords => ({
  ...weighed,
  why: conditionTold(weighed),
  ...(approvers !== undefined && {
    approvers: approvers.groups.map((group) => groupName(approvers.idp, group) ?? group),
  }),
})

type Told = Pick<Explanation, 'unmet' | 'conditions' | 'idp'> & { readonly rules: Parameters<typeof groupNamesIn>[0] }

export const inWords = <Story extends Told>(
  { unmet, conditions, ...explanation }: Story,
  groupName: GroupName,
): InWords<Story> => ({
  ...explanation,
  ...groupNamesIn(explanation.rules, explanation.idp, groupName),
  conditions: conditions.map((weighed) => conditionInWords(weighed, groupName)),
  unmet: unmet.map((condition) => ({ condition, why: conditionSentence(condition) })),
})
