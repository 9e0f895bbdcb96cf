import { printDuration } from '../domain/entitlement/duration.ts'
import type { Condition, Verdict } from '../domain/entitlement/conditions.ts'
import { MFA_UNTOLD } from '../domain/entitlement/standing.ts'
import type { ErrorValues } from '../domain/errors.ts'

type Words = { why(wants: string, saw: string): string; readonly next: string }

/** What a role asks for beside groups, for people: one row a condition, or this file does not compile. */
const WORDS: Readonly<Record<Condition, Words>> = {
  approval: {
    why: (wants) => `Somebody else has to approve it first, and nobody has. An approval is good for ${wants} at most.`,
    next: 'Ask for it on the role’s page, or in a terminal with rolegate request.',
  },
  mfa_within: {
    why: (wants, saw) =>
      `It wants a second factor that was used within the last ${wants}; ${saw === '' ? 'your sign-in shows none' : `yours was used ${saw} ago`}.`,
    next: 'Sign in again, with your second factor.',
  },
  ip: {
    why: (wants, saw) =>
      `It is given to ${wants} only; ${saw === '' ? 'nobody could tell which address you ask from' : `you ask from ${saw}`}.`,
    next: 'Ask again from there.',
  },
  time: {
    why: (wants, saw) => `It is given at these times only: ${wants}. There it is ${saw} now.`,
    next: 'Ask again then.',
  },
  reason: {
    why: (wants, saw) =>
      `It asks for a reason${saw === '' ? '' : ', and yours does not fit'}${wants === '' ? '' : `: ${wants}`}.`,
    next: 'Say why you need it on the role’s page, or in a terminal with --reason.',
  },
}

/** One condition, whether it is met or not. */
export const conditionTold = ({ condition, met, wants, saw }: Verdict): string =>
  met ? MET[condition](wants, saw) : WORDS[condition].why(wants, saw)

const MET: Readonly<Record<Condition, (wants: string, saw: string) => string>> = {
  approval: (wants, saw) => (saw === '' ? `It is approved, for ${wants} at most.` : `${saw} approved it.`),
  mfa_within: (wants, saw) => `Your second factor was used ${saw} ago, within the last ${wants}.`,
  ip: (wants, saw) => `You ask from ${saw}, which is in ${wants}.`,
  time: (wants, saw) => `It is ${saw} there, within ${wants}.`,
  reason: () => 'The reason you give fits.',
}

/** The same of somebody imagined, for operators and auditors. */
export const conditionAbout = ({
  condition,
  met,
  wants,
  saw,
  assumed,
}: Verdict & { readonly assumed?: true }): string => {
  const seen = saw === '' ? 'nothing was said of it' : `said is ${saw}${condition === 'mfa_within' ? ' ago' : ''}`
  return `${ASKED[condition](wants)}${met && assumed === true ? ': taken as met' : `; ${seen}`}.`
}

/** What a role or a grant asks for, whoever asks. */
export const conditionAsked = ({ condition, wants }: Pick<Verdict, 'condition' | 'wants'>): string =>
  ASKED[condition](wants)

const ASKED: Readonly<Record<Condition, (wants: string) => string>> = {
  approval: (wants) => `an approval, good for ${wants}`,
  mfa_within: (wants) => `a second factor within the last ${wants}`,
  ip: (wants) => `an address in ${wants}`,
  time: (wants) => `a time within ${wants}`,
  reason: (wants) => (wants === '' ? 'a reason' : `a reason (${wants})`),
}

/** Every condition that a refusal names, and what to do; undefined when it names none. */
export function unmetWords({
  conditions,
  wants,
  saw,
  why: because,
  pending,
  pendingSeconds = 0,
}: ErrorValues): { why: string; next: string } | undefined {
  const named = listOf(conditions).filter((condition): condition is Condition => Object.hasOwn(WORDS, condition))
  if (named.length === 0) return undefined
  const isUntold = because === MFA_UNTOLD
  const words = { ...WORDS, ...(pending !== undefined && { approval: pendingWords(Number(pendingSeconds)) }) }
  const nextFor = (condition: Condition) => (isUntold && condition === 'mfa_within' ? UNTOLD : words[condition].next)
  const why = named.map((condition, at) => words[condition].why(listOf(wants)[at] ?? '', listOf(saw)[at] ?? ''))
  return { why: why.join(' '), next: [...new Set(named.map(nextFor))].join(' ') }
}

/** It is asked for already. */
const pendingWords = (seconds: number): Words => ({
  why: () => `You asked for it ${agoOf(seconds)}, and nobody has answered yet.`,
  next: 'Its request’s page says who may answer; rolegate requests, in a terminal, how it goes.',
})

const agoOf = (seconds: number): string =>
  seconds < 60 ? 'less than a minute ago' : `${printDuration(seconds - (seconds % 60))} ago`

/** Signing in again would show no more. */
const UNTOLD =
  'Your identity provider tells the gateway nothing of second factors: ask whoever runs the gateway for idps[].mfa.'

const listOf = (value: ErrorValues[string] | undefined): readonly string[] => (typeof value === 'object' ? value : [])
