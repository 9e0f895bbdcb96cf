import type { WhyNotAsked } from '../domain/aws/not-asked.ts'

type Words = { readonly title: string; readonly why: string; readonly next: string }

/** Whose limit it was that AWS heard nothing of it: people who read “AWS” go and look there. */
const NOT_ASKED: ReadonlyMap<unknown, Words> = new Map<WhyNotAsked, Words>([
  [
    'too_many_at_once',
    {
      title: 'Too many ask for AWS here at once',
      why: 'Rolegate has a limit of its own on how much it asks AWS at a time: for one person, for one account, and in all. One of these was reached, and no place became free. AWS was not asked, and nothing was handed over.',
      next: 'Try again in a moment. A script asks for fewer at once, or keeps what it was given. If it stays, tell whoever runs Rolegate.',
    },
  ],
  [
    'not_asked_while_down',
    {
      title: 'AWS does not answer',
      why: 'Its token or sign-in service left the last questions unanswered, so for some seconds Rolegate asks it nothing. Nothing was handed over.',
      next: 'Try again in a moment. If it stays, tell whoever runs Rolegate.',
    },
  ],
])

export const notAskedWords = (why: unknown): Words | undefined => NOT_ASKED.get(why)
