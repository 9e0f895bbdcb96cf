import type { Explanation } from '../domain/entitlement/explain.ts'
import { conditionSentence } from './reasons.ts'
import type { Imagined } from '../domain/admin/imagine.ts'
import type { FullExplanation, RuleAbout } from '../domain/entitlement/explain-in-full.ts'
import { conditionAbout, conditionAsked, conditionTold } from './conditions.ts'
import type { FoundPerson } from '../usecases/admin/explain-as.ts'
import { asSaid } from './imagined.ts'
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

/** What operators and auditors are told of somebody else. */
export const inWordsForStaff = (
  story: FullExplanation & { readonly as?: Imagined; readonly person?: FoundPerson; readonly config: string },
  groupName: GroupName,
) => {
  const { as, ...told } = inWords(story, groupName)
  return {
    ...told,
    ...(as !== undefined && { as: asSaid(as) }),
    conditions: told.conditions.map((one, at) => ({ ...one, why: conditionAbout(story.conditions[at] ?? one) })),
    rules: story.rules.map(requiresInWords),
  }
}

export type ExplainedForStaff = ReturnType<typeof inWordsForStaff>

/** With what each rule asks for, in words. */
export const requiresInWords = ({ requires, ...rule }: RuleAbout) => ({
  ...rule,
  ...(requires !== undefined && { requires: requires.map((one) => ({ ...one, why: conditionAsked(one) })) }),
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
