import { printDuration } from '../domain/entitlement/duration.ts'
import { LEAST_APPROVAL_SECONDS, MOST_WAITING } from '../domain/request/role-request.ts'
import { KEPT_OUT } from '../domain/emergency/emergency.ts'
import type { ErrorValues } from '../domain/errors.ts'
import { OWN_REQUEST, PERSON_KEY_MISSING } from '../domain/request/same-person.ts'
import { GROUPS_CHANGED } from '../domain/sign-in/groups-again.ts'
import { CLOCK_SKEW, CONFIG_BEHIND } from '../domain/sign-in/session.ts'

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
    'region_disabled',
    [
      'AWS’s token service is switched off for that account in the region that Rolegate asks in.',
      'Ask for that region to be switched on in the account (IAM, Account settings, STS), or for another one in the file of Rolegate: sts, region.',
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

export const awsWhy = ({ because, awsCode }: ErrorValues): string =>
  AWS_BECAUSE.get(String(because))?.[0] ?? `AWS answered ${String(awsCode)}.`
export const awsNext = ({ because }: ErrorValues): string =>
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
  [
    'bind_ip_passed_through',
    'The role’s credentials are bound to the address that asks for them, and Rolegate cannot bind the identity provider’s own token, which this account takes.',
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
    CLOCK_SKEW,
    'The clock of this gateway differs from AWS’s by more than two minutes, so it signs nothing and takes no approval until that is mended.',
  ],
  [
    CONFIG_BEHIND,
    'Another gateway has a newer configuration than the one that answered you, so this one gives nothing and takes no approval.',
  ],
  [
    'address_unknown',
    'The role’s credentials are bound to the address that asks for them, and nobody could tell which yours is: a proxy in front of the gateway does not say.',
  ],
  [
    'address_private',
    'The role’s credentials are bound to the address that asks for them, and the one the gateway sees is of a private network: AWS never sees it.',
  ],
  ['requests_for_people', 'Jobs and containers ask nobody: only people do.'],
  ['no_approval_needed', 'Nothing about this role has to be approved for you.'],
  ['approved_already', 'This role is approved for you already.'],
  [
    'too_many_requests',
    `You have asked for ${MOST_WAITING} roles that wait for an answer, and nobody may ask for more at once. Take a request back, or wait until somebody has answered one.`,
  ],
  [
    PERSON_KEY_MISSING,
    'Somebody has to approve it, and nobody can tell who you are to them: your identity provider did not state what tells people apart, or stated several. Sign in again.',
  ],
  ['not_own_request', 'Only whoever asked can take a request back.'],
  ['approver_denied', 'A rule keeps you from this role yourself: so your word on it does not count.'],
  [
    'request_moot',
    'The rules have changed since it was asked: this is not what the role needs now. It has to be asked for anew.',
  ],
  [
    'request_too_short',
    `It was asked for less than ${printDuration(LEAST_APPROVAL_SECONDS)}, and nobody approves anything for so short a time any more. It has to be asked for anew.`,
  ],
  ['request_over', 'It is answered, taken back or over already.'],
  ['request_expired', 'Nobody answered it within a day, so it is over. Ask anew.'],
  ['xml_text', 'Something in your sign-in holds characters that an assertion for AWS cannot carry.'],
  ['assertion_size', 'The role’s session tags make an assertion larger than AWS takes.'],
])

/** Why a condition is not met, for people. */
export const conditionSentence = (condition: string): string =>
  CONDITION.get(condition) ?? 'A condition of the role is not met.'

/** The same where its sentence needs more than the name. */
export function unmetWhy({ condition, whose, claim, by }: ErrorValues): string {
  if (condition === OWN_REQUEST) return `Somebody else has to answer it: ${OWN.get(String(by)) ?? ''}`
  return condition === PERSON_KEY_MISSING
    ? `People are told apart by “${String(claim)}”, so that nobody approves for themselves under another name, and ${KEY_MISSING.get(String(whose)) ?? ''} If it stays so, that identity provider has to send it to this application: one value for each person.`
    : conditionSentence(String(condition))
}

/** Read by whoever may not answer, and may know nothing of a name that somebody else has as well. */
const OWN = new Map([
  ['identity', 'you asked for it yourself.'],
  [
    'name',
    'your user name or e-mail address is the same as the requester’s, so the two of you may be one person. If you are not, tell whoever runs Rolegate.',
  ],
  [
    'key',
    'the number or name that tells people apart at every identity provider is the same for you as for the requester, so the two of you count as one person. If you are not, tell whoever runs Rolegate.',
  ],
])

/** What to do about it. What is wrong with the gateway itself, nobody who asks it can mend. */
export const unmetNext = ({ condition }: ErrorValues): string =>
  OF_THE_GATEWAY.has(String(condition))
    ? 'Tell whoever runs Rolegate: nothing on your side mends it.'
    : (NEXT.get(String(condition)) ?? 'Open the role in the portal.')

const STANDS = 'Its page says how it stands, and so does rolegate requests, in a terminal.'
const NEXT = new Map([
  [
    'browser_session_for_elevated',
    'Open the role in the portal; or, where there is a browser beside the terminal, sign in again by it: rolegate login',
  ],
  ['request_over', STANDS],
  ['request_expired', STANDS],
  ['not_own_request', STANDS],
  ['no_approval_needed', 'Take it.'],
  ['approved_already', 'Take it, while the approval is good.'],
])

const OF_THE_GATEWAY = new Set(['config_stale', 'address_unknown'])

const YOURS_MISSING = 'your sign-in did not say it, or said several. Sign in again.'
/** Read by whoever asks, or is about to answer: of a word that was given, `voidWhy`. */
const KEY_MISSING = new Map([
  ['asker', YOURS_MISSING],
  ['requester', 'the sign-in of whoever asked did not say it, or said several. They sign in again, and ask anew.'],
  ['approver', YOURS_MISSING],
])

/** Why a sign-in that still stands will not do. */
export const SIGN_IN_BECAUSE = new Map([
  ['grant_ending', 'Less than 15 minutes of your sign-in are left, and AWS lends for no less.'],
  ['old_groups', 'The role goes by groups that your directory stated lately, and yours are older: sign in again.'],
  [
    GROUPS_CHANGED,
    'What your directory says of you has changed since you signed in, so that sign-in is over. A new one reads your groups anew.',
  ],
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

export const rejectedWhy = ({ idpSaid, why }: ErrorValues): string =>
  why === KEPT_OUT
    ? 'Your identity provider vouches for you, and nothing is wrong there: the people who run Rolegate have closed this way in, for you or for everybody who signs in with it.'
    : idpSaid === undefined
      ? 'The answer from your identity provider could not be accepted. The reason is in the gateway’s log, under the request id below.'
      : (IDP_SAID.get(String(idpSaid)) ?? `Your identity provider answered: ${String(idpSaid)}.`)
