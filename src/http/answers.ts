import type { ErrorCode, ErrorValues, RolegateError } from '../domain/errors.ts'
import { unmetWords } from './conditions.ts'
import { stepUpWords } from './step-up-words.ts'

type Sentence = string | ((values: ErrorValues) => string)
/** What happened, why, what to do, and who can help. */
type Answer = {
  readonly status: number
  readonly title: string
  readonly why: Sentence
  readonly next: Sentence
  readonly who?: string
}

const OPERATOR = 'the people who run Rolegate at your company'
const AGAIN = 'Start again from the portal.'

/** Why AWS said no, by what it said: aws.md §2. */
const AWS_BECAUSE = new Map<string, [why: string, next: string]>([
  [
    'trust_policy',
    [
      'The role does not exist in that account, or its trust policy does not trust this gateway for it: issuer, audience and subject must all match, with sts:SetSourceIdentity (and sts:TagSession for roles with tags) allowed.',
      'Ask for the role’s trust policy to be compared with the one Rolegate expects. Right after a change, wait a minute and try again.',
    ],
  ],
  [
    'token_not_accepted',
    [
      'AWS did not accept the token Rolegate signed: the account has no identity provider for this gateway’s issuer and audience, or AWS holds other keys for it.',
      'Ask for the account’s OIDC provider to be checked: its URL, its audience, and that AWS can fetch the keys.',
    ],
  ],
  [
    'assertion_not_accepted',
    [
      'AWS did not accept the assertion Rolegate signed: the account has no SAML provider for this gateway, or one with other metadata.',
      'Ask for the account’s SAML provider to be checked: its name, and that it has the metadata of /issuer/saml/metadata as it is now.',
    ],
  ],
  [
    'idp_trust_policy',
    [
      'The role does not exist in that account, or its trust policy does not let in what your identity provider sends: provider, audience and subject must all match, with sts:SetSourceIdentity and sts:TagSession allowed where your identity provider uses them.',
      'Ask for the role’s trust policy to be compared with what your identity provider sends to AWS.',
    ],
  ],
  [
    'idp_not_accepted',
    [
      'AWS did not accept what your identity provider signed: the account has no provider for it with this audience, or holds other keys.',
      'Ask for the account’s identity provider to be checked: its metadata, or its URL and audience.',
    ],
  ],
  [
    'clock',
    ['AWS says the token had expired: this gateway’s clock is wrong.', 'Ask for the gateway’s clock to be set right.'],
  ],
  [
    'issuer_unreachable',
    [
      'AWS could not fetch this gateway’s keys from its issuer URL.',
      'Ask for the issuer URL to be made reachable for AWS over https.',
    ],
  ],
  [
    'duration',
    [
      'The role’s own maximum session duration in AWS is shorter than what was asked.',
      'Ask for a shorter time, or for the role’s maximum to be raised.',
    ],
  ],
  [
    'policy',
    [
      'AWS did not accept the session policy that narrows this role here.',
      'Ask for the role’s session policy, in the file of Rolegate, to be checked: its text, and that every policy it names exists in that account.',
    ],
  ],
  [
    'too_large',
    [
      'The session policy and the session tags of this role are together more than AWS packs into one session.',
      'Ask for the role’s session policy or its session tags to be made shorter.',
    ],
  ],
  [
    'console_federation',
    [
      'AWS’s sign-in service did not accept the credentials for a console session.',
      'Try again; if it stays, take credentials instead.',
    ],
  ],
])

const awsWhy: Sentence = ({ because, awsCode }) =>
  AWS_BECAUSE.get(String(because))?.[0] ?? `AWS answered ${String(awsCode)}.`
const awsNext: Sentence = ({ because }) =>
  AWS_BECAUSE.get(String(because))?.[1] ?? 'Show this page to whoever looks after the account.'

const CONDITION = new Map<string, string>([
  [
    'browser_session_for_elevated',
    'Elevated roles are given where you can be asked again: in the browser, and to a terminal that was signed in by the browser beside it.',
  ],
  ['old_groups', 'It goes by groups that your directory stated lately, and yours are older: sign in again.'],
  ['closed_to_devices', 'That is closed to terminals that were signed in with a code.'],
  [
    'wrong_number',
    'That is not the number your terminal shows. Nothing was given, and the code no longer works: start again there.',
  ],
  [
    'another_network',
    'The terminal asks from another network than this browser, and the people who run Rolegate let nobody in that way.',
  ],
  [
    'moved_terminal',
    'The terminal took the sign-in up from another network than it began in, so it was ended. Networks of many addresses are named by the people who run Rolegate.',
  ],
  ['no_device_login', 'Codes of terminals are switched off for the people of your identity provider.'],
  [
    'no_pkce_login',
    'Signing terminals in through the browser is switched off for the people of your identity provider.',
  ],
  ['console_for_people', 'A job has no browser: the console is for people.'],
  ['sdk_only', 'This address is for AWS’s SDKs: it reads no cookie, and answers no page.'],
  ['browser_session', 'This needs a browser that is signed in.'],
  ['not_by_code', 'This takes a browser, or a terminal that was signed in through the browser beside it.'],
  ['bearer_only', 'Pages open the console by their own form; this address is for terminals.'],
  [
    'tag_unavailable',
    'The role needs a session tag for which your sign-in has no value, or none that the role takes. If your directory has it by now, sign in again.',
  ],
  ['browser_needed', 'This account takes the identity provider’s own token: open it in the browser.'],
  [
    'elevated_passed_through',
    'Elevated roles are not given where the identity provider’s own token is taken: that token opens more than one role.',
  ],
  [
    'tags_passed_through',
    'The role needs session tags, and Rolegate cannot add any to the identity provider’s own token, which this account takes.',
  ],
  [
    'policy_passed_through',
    'The role is narrowed by a session policy, and Rolegate cannot add one to the identity provider’s own token, which this account takes.',
  ],
  ['idp_passed_through', 'This account takes the token of another identity provider than the one you signed in with.'],
  [
    'other_person',
    'Your identity provider answered for somebody else than the person who is signed in here. Sign out there, and try again.',
  ],
  [
    'config_stale',
    'The configuration on this gateway’s disk has been refused for too long, and it may take this role away: elevated roles wait until it is repaired.',
  ],
  [
    'config_behind',
    'Another gateway has a newer configuration than the one that answered you, so this one gives nothing. Try again: it should have it within seconds.',
  ],
  ['xml_text', 'Something in your sign-in holds characters that an assertion for AWS cannot carry.'],
  ['assertion_size', 'The role’s session tags make an assertion larger than AWS takes.'],
])

/** Why a condition is not met, for people. */
export const conditionSentence = (condition: string): string =>
  CONDITION.get(condition) ?? 'A condition of the role is not met.'

/** Why a sign-in that still stands will not do. */
const SIGN_IN_BECAUSE = new Map([
  ['grant_ending', 'Less than 15 minutes of your sign-in are left, and AWS lends for no less.'],
  ['old_groups', 'The role goes by groups that your directory stated lately, and yours are older: sign in again.'],
  ['old_claims', 'This goes by groups that your directory stated within the hour, and yours are older.'],
])

/** SAML's status words, for people (saml-core-2.0 §3.2.2.2). */
const IDP_SAID = new Map<string, string>([
  ['AuthnFailed', 'Your identity provider could not make sure who you are.'],
  ['NoAuthnContext', 'Your identity provider cannot check you in the way Rolegate asks for.'],
  ['NoPassive', 'Your identity provider would have had to ask you something, and was not allowed to.'],
  ['RequestDenied', 'Your identity provider does not let you sign in here: you may lack access to this application.'],
  ['UnknownPrincipal', 'Your identity provider does not know you.'],
  ['InvalidNameIDPolicy', 'Your identity provider cannot name you in the way Rolegate asks for.'],
  ['RequestUnsupported', 'Your identity provider does not take requests like ours.'],
])

const rejectedWhy: Sentence = ({ idpSaid }) =>
  idpSaid === undefined
    ? 'The answer from your identity provider could not be accepted. The reason is in the gateway’s log, under the request id below.'
    : (IDP_SAID.get(String(idpSaid)) ?? `Your identity provider answered: ${String(idpSaid)}.`)

/** One row for each ErrorCode: leave one out and this file does not compile. Statuses: contract.md, Errors. */
const ANSWER = {
  invalid_request: {
    status: 400,
    title: 'That request does not look right',
    why: ({ field, known }) => {
      if (field === undefined) return 'It could not be read.'
      const missing = `The value of ${String(field)} is missing or malformed.`
      return Array.isArray(known) ? `${missing} There are: ${known.join(', ')}.` : missing
    },
    next: AGAIN,
  },
  unsupported_grant: {
    status: 400,
    title: 'That grant type is not offered',
    why: 'Rolegate offers the device code and refresh token grants.',
    next: 'Use one of those.',
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
      why === 'old_claims' || why === 'old_groups'
        ? 'Sign in again in the browser; a terminal takes that up with: rolegate login.'
        : 'Sign in again; in a terminal: rolegate login.',
  },
  sign_in_rejected: {
    status: 403,
    title: 'Sign-in failed',
    why: rejectedWhy,
    next: 'Start the sign-in again.',
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
        ? 'There are more than fit into the sign-in, and asked for the whole list it did not give it. A part of it may lack the group that decides.'
        : limit === undefined
          ? 'It said there are more groups than fit into the sign-in. A cut list may lack the group that decides.'
          : `It sent ${String(count)} groups; from ${String(limit)} on, the list may be cut, and a cut list may lack the group that decides.`,
    next: ({ asked }) =>
      asked === 'directory'
        ? 'Sign in again; if it stays so, tell whoever runs this.'
        : 'Ask for the groups of this application to be limited to the assigned ones.',
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
    next: 'See the portal for the roles you have.',
    who: OPERATOR,
  },
  denied_by_rule: {
    status: 403,
    title: 'A rule forbids this',
    why: ({ role, rule }) => `Rule ${String(rule)} denies you ${String(role)}; a deny beats every grant.`,
    next: 'See the portal for the roles you have.',
    who: OPERATOR,
  },
  condition_unmet: {
    status: 403,
    title: 'Not under these conditions',
    why: (values) => unmetWords(values)?.why ?? conditionSentence(String(values['condition'])),
    next: (values) => unmetWords(values)?.next ?? 'Open the role in the portal.',
  },
  approval_required: {
    status: 403,
    title: 'This needs an approval',
    why: (values) => unmetWords(values)?.why ?? 'The role is given on request.',
    next: (values) => unmetWords(values)?.next ?? 'Ask for it.',
    who: 'whoever looks after that AWS account',
  },
  role_unknown: {
    status: 404,
    title: 'There is no such role',
    why: 'No account and role of that name are known here.',
    next: 'See the portal for the roles you have.',
  },
  role_ambiguous: {
    status: 404,
    title: 'That name fits several roles',
    why: 'Only exact names are taken here.',
    next: 'Use alias/role.',
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
    title: 'AWS did not answer',
    why: 'AWS’s token or sign-in service was slow, throttling or down. Nothing was handed over.',
    next: 'Try again in a moment.',
  },
  idp_unavailable: {
    status: 503,
    title: 'Your identity provider does not answer',
    why: ({ label = 'it' }) =>
      `Rolegate could not reach ${String(label)}. Sign-ins at other providers and running sessions are not affected.`,
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
    title: 'Rolegate’s store does not answer',
    why: 'Sessions and codes cannot be read or written.',
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
  return { status, title, why: told(why), next: told(next), who }
}
