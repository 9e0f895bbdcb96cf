import type { ErrorCode, ErrorValues, RolegateError } from '../domain/errors.ts'
import { KEPT_OUT } from '../domain/emergency/emergency.ts'
import { GROUPS_CHANGED, GROUPS_UNREAD } from '../domain/sign-in/groups-again.ts'
import { CLOCK_SKEW, CONFIG_BEHIND } from '../domain/sign-in/session.ts'
import { unmetWords } from './conditions.ts'
import { notAskedWords } from './not-asked-words.ts'
import { awsNext, awsWhy, conditionSentence, rejectedWhy, SIGN_IN_BECAUSE, unmetNext, unmetWhy } from './reasons.ts'
import { stepUpWords } from './step-up-words.ts'

type Sentence = string | ((values: ErrorValues) => string)
/** What happened, why, what to do, and who can help. */
type Answer = {
  readonly status: number
  readonly title: Sentence
  readonly why: Sentence
  readonly next: Sentence
  readonly who?: string
}

const OPERATOR = 'the people who run Rolegate at your company'
const AGAIN = 'Start again from the portal.'
/** Where it is this gateway alone that gives nothing. */
const UNFIT_TITLE = new Map([
  [CONFIG_BEHIND, 'This gateway is behind the others on its store'],
  [CLOCK_SKEW, 'The clock of this gateway is wrong'],
])

/** One row for each ErrorCode: leave one out and this file does not compile. Statuses: contract.md, Errors. */
const ANSWER = {
  invalid_request: {
    status: 400,
    title: 'That request does not look right',
    why: ({ field, known, leastApproval }) => {
      if (field === undefined) return 'It could not be read.'
      if (leastApproval !== undefined)
        return `An approval is for ${String(leastApproval)} at least: AWS lends for no less than 15 minutes, and nothing outlasts its approval.`
      if (Array.isArray(known)) return `There is no identity provider of that name. There are: ${known.join(', ')}.`
      return `The value of ${String(field)} is missing or malformed.`
    },
    next: ({ known }) => (known === undefined ? AGAIN : 'Name one of these.'),
  },
  unsupported_grant: {
    status: 400,
    title: 'That grant type is not offered',
    why: ({ taken }) => (Array.isArray(taken) ? `Taken here: ${taken.join(', ')}.` : 'It is switched off here.'),
    next: 'Use one that is taken.',
  },
  invalid_scope: {
    status: 400,
    title: 'That scope is not offered',
    why: 'The one scope there is names a role for a container token: container:ALIAS/ROLE.',
    next: 'Leave it out for anything else.',
  },
  invalid_client: {
    status: 401,
    title: 'That client is not known',
    why: 'The client id is not one of ours.',
    next: 'Use rolegate-cli.',
  },
  invalid_grant: {
    status: 400,
    title: 'That code or token is no longer good',
    why: 'It was used, has expired, or was made for another client.',
    next: 'Sign in again.',
  },
  payload_too_large: {
    status: 413,
    title: 'That request is too large',
    why: 'Rolegate reads small requests only.',
    next: AGAIN,
  },
  unsupported_media_type: {
    status: 415,
    title: 'That content type is not read here',
    why: 'JSON is read under /v1, form fields elsewhere.',
    next: 'Send the type this address takes.',
  },
  csrf_rejected: {
    status: 403,
    title: 'That did not come from our page',
    why: 'The form’s token is missing or belongs to another session, or the request came from another site.',
    next: 'Open the page again and repeat what you did.',
  },
  sign_in_required: {
    status: 401,
    title: 'Please sign in',
    why: ({ why }) => SIGN_IN_BECAUSE.get(String(why)) ?? 'Your sign-in has ended, or there was none.',
    next: ({ why }) =>
      why === 'old_claims' || why === 'old_groups' || why === GROUPS_CHANGED
        ? 'Sign in again in the browser; a terminal takes that up with: rolegate login.'
        : 'Sign in again; in a terminal: rolegate login.',
  },
  sign_in_rejected: {
    status: 403,
    title: 'Sign-in failed',
    why: rejectedWhy,
    next: ({ why }) => (why === KEPT_OUT ? 'Ask them. Signing in again changes nothing.' : 'Start the sign-in again.'),
    who: OPERATOR,
  },
  sign_in_expired: {
    status: 400,
    title: 'That sign-in took too long',
    why: 'Ten minutes have passed since it was started.',
    next: 'Start the sign-in again.',
  },
  step_up_required: {
    status: 403,
    title: 'Please confirm it is you',
    why: (values) => stepUpWords(values).why,
    next: (values) => stepUpWords(values).next,
  },
  groups_missing: {
    status: 403,
    title: 'Your sign-in carried no groups',
    why: 'Your identity provider sent no list of groups at all, and rules here depend on it.',
    next: 'Ask for the groups claim to be added to this application’s tokens.',
    who: OPERATOR,
  },
  groups_truncated: {
    status: 403,
    title: 'Your directory did not tell us all your groups',
    why: ({ count, limit, asked }) =>
      asked === 'directory'
        ? 'Rolegate asked it for the whole list, and did not get it. A part of it may lack the group that decides.'
        : limit === undefined
          ? 'It said there are more groups than fit into the sign-in. A cut list may lack the group that decides.'
          : `It sent ${String(count)} groups; from ${String(limit)} on, the list may be cut, and a cut list may lack the group that decides.`,
    next: ({ asked }) =>
      asked === 'directory'
        ? 'Sign in again; if it stays so, tell whoever runs this.'
        : 'Ask whoever looks after that directory to send this application only the groups that are assigned to it, in its own entry there.',
    who: OPERATOR,
  },
  no_roles: {
    status: 403,
    title: 'You are signed in, but nothing is yours',
    why: 'No rule gives you a role.',
    next: 'Ask for one of your groups to be named in a rule.',
    who: OPERATOR,
  },
  not_entitled: {
    status: 403,
    title: 'That is not yours',
    why: ({ role, for: whom = 'operators and auditors' }) =>
      role === undefined ? `It is for ${String(whom)} of Rolegate.` : `No rule gives you ${String(role)}.`,
    next: 'See the roles you have: in the portal, or with rolegate list.',
    who: OPERATOR,
  },
  denied_by_rule: {
    status: 403,
    title: 'A rule forbids this',
    why: ({ role, rule }) => `Rule ${String(rule)} denies you ${String(role)}; a deny beats every grant.`,
    next: 'See the roles you have: in the portal, or with rolegate list.',
    who: OPERATOR,
  },
  condition_unmet: {
    status: 403,
    title: 'Not under these conditions',
    why: (values) => unmetWords(values)?.why ?? unmetWhy(values),
    next: (values) => unmetWords(values)?.next ?? unmetNext(values),
  },
  approval_required: {
    status: 403,
    title: 'This needs an approval',
    why: (values) =>
      unmetWords(values)?.why ??
      (values['why'] === 'approval_ending'
        ? 'Less than 15 minutes are left of its approval, and AWS lends for no less.'
        : 'The role is given on request.'),
    next: (values) => unmetWords(values)?.next ?? 'Ask for it.',
    who: 'whoever looks after that AWS account',
  },
  role_unknown: {
    status: 404,
    title: ({ person }) => (person === undefined ? 'There is no such role' : 'Nobody of that name is signed in'),
    why: ({ person, lookedAt }) => {
      if (person === undefined) return 'No account and role of that name are known here.'
      const unknown = `No session of anybody called ${String(person)} is alive: not by user name, verified e-mail address or subject.`
      return lookedAt === undefined
        ? unknown
        : `${unknown} Of each person their newest ${String(lookedAt)} sign-ins were looked at, and there are more.`
    },
    next: ({ person }) =>
      person === undefined
        ? 'See the roles you have: in the portal, or with rolegate list.'
        : 'Say which groups to ask about, with the identity provider that states them.',
  },
  role_ambiguous: {
    status: 404,
    title: ({ people }) => (people === undefined ? 'That name fits several roles' : 'That name fits several people'),
    why: ({ people }) =>
      Array.isArray(people) ? `It may be: ${people.join('; ')}.` : 'Only exact names are taken here.',
    next: ({ people }) =>
      people === undefined ? 'Use alias/role.' : 'Say at which identity provider, or use the subject.',
  },
  destination_refused: {
    status: 400,
    title: 'That is not an AWS console page',
    why: ({ hosts }) => `The console opens pages of ${String(hosts)} only, and no sign-in or sign-out page.`,
    next: 'Paste the address of a console page, or a service name such as s3.',
  },
  aws_refused: {
    status: 403,
    title: 'AWS refused the role',
    why: awsWhy,
    next: awsNext,
    who: 'whoever looks after that AWS account',
  },
  aws_unavailable: {
    status: 503,
    title: ({ why }) => notAskedWords(why)?.title ?? 'AWS did not answer',
    why: ({ why }) =>
      notAskedWords(why)?.why ??
      'AWS’s token or sign-in service was slow, throttling or down. Nothing was handed over.',
    next: ({ why }) => notAskedWords(why)?.next ?? 'Try again in a moment.',
  },
  idp_unavailable: {
    status: 503,
    title: ({ why }) =>
      why === GROUPS_UNREAD ? 'Your directory does not tell us your groups' : 'Your identity provider does not answer',
    why: ({ label = 'it', why }) =>
      why === GROUPS_UNREAD
        ? 'Before anything is handed over it has to say again which groups you are in, and it did not. Nothing was handed over.'
        : `Rolegate could not reach ${String(label)}. Sign-ins at other providers and running sessions are not affected.`,
    next: 'Try again in a moment.',
    who: OPERATOR,
  },
  authorization_pending: {
    status: 400,
    title: 'Still waiting',
    why: 'Nobody has approved this sign-in yet.',
    next: 'Ask again after the interval.',
  },
  slow_down: {
    status: 400,
    title: 'Slow down',
    why: 'The last question was asked too recently.',
    next: 'Wait five seconds more between questions.',
  },
  device_code_expired: {
    status: 400,
    title: 'That device sign-in has expired',
    why: 'Nobody approved it in time.',
    next: 'Run rolegate login again.',
  },
  device_denied: {
    status: 400,
    title: 'That device sign-in was denied',
    why: 'The person it was shown to said no, or has signed out.',
    next: 'Run rolegate login again.',
  },
  user_code_unknown: {
    status: 400,
    title: 'That code is not waiting',
    why: 'It was never made, has been used, or has expired.',
    next: 'Run rolegate login again and enter the new code.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many tries',
    why: 'There is a limit on how often this can be asked.',
    next: ({ retryAfterSeconds }) => `Wait ${String(retryAfterSeconds ?? 60)} seconds.`,
  },
  audit_unavailable: {
    status: 503,
    title: 'Nothing can be handed over right now',
    why: 'The audit log cannot be written, and without a record Rolegate hands nothing over.',
    next: 'Try again in a moment.',
    who: OPERATOR,
  },
  store_unavailable: {
    status: 503,
    title: ({ why }) => UNFIT_TITLE.get(String(why)) ?? 'Rolegate’s store does not answer',
    why: ({ why }) =>
      UNFIT_TITLE.has(String(why)) ? conditionSentence(String(why)) : 'Sessions and codes cannot be read or written.',
    next: 'Try again in a moment.',
    who: OPERATOR,
  },
  shutting_down: {
    status: 503,
    title: 'Rolegate is restarting',
    why: 'This server is finishing what it has.',
    next: 'Try again in a moment.',
  },
  config_invalid: {
    status: 500,
    title: 'Rolegate is not set up right',
    why: 'A setting does not fit.',
    next: 'Nothing you can do.',
    who: OPERATOR,
  },
  gateway_unreachable: {
    status: 503,
    title: 'Rolegate cannot be reached',
    why: 'The connection failed.',
    next: 'Try again in a moment.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    why: 'The address is not one of ours.',
    next: 'Go to the portal.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    why: 'It is in the gateway’s log, under the request id below.',
    next: 'Try again; if it stays, report the request id.',
    who: OPERATOR,
  },
} satisfies Record<ErrorCode, Answer>

/** The sentences of an error, for whichever door tells it. */
export function answerFor({ code, values }: RolegateError): {
  status: number
  title: string
  why: string
  next: string
  who: string
} {
  const { status, title, why, next, who = '' }: Answer = ANSWER[code]
  const told = (sentence: Sentence) => (typeof sentence === 'string' ? sentence : sentence(values))
  return { status, title: told(title), why: told(why), next: told(next), who }
}
