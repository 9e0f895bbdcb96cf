import { createHash } from 'node:crypto'
import type { Accounts, DemoRole } from './accounts.ts'
import { holderOf, notAuthorized, requireRole, type Vouched } from './assume-role.ts'
import { Refusal } from './refusal.ts'
import type { Narrowing, RoleSession, RoleSessions } from './role-session.ts'
import { readAssertion, type RolePair, type SamlAssertion } from './saml-assertion.ts'
import { readMetadata } from './saml-metadata.ts'
import { ASSERTION, PROTOCOL } from './saml-names.ts'
import { openResponse, requireSigned, type OpenedResponse } from './saml-response.ts'
import type { RecordCall, SeenCall } from './seen-calls.ts'
import { childrenOf } from './xml-tree.ts'

type Redemption = RolePair & {
  readonly operation: 'AssumeRoleWithSAML' | 'signin'
  /** Of whoever brings it. */
  readonly address: string
  /** base64, as it came. */
  readonly response: string
  /** How long the session is to be; may refuse. */
  readonly secondsFor: (assertion: SamlAssertion, role: DemoRole) => number
  /** What the session was asked to be narrowed to. */
  readonly narrowedTo?: Narrowing
}
type Redeemed = { readonly session: RoleSession; readonly assertion: SamlAssertion; readonly nameQualifier: string }

/**
 * A SAML response to a role session, for STS and the sign-in endpoint alike: the provider, the signature, the assertion,
 * the role's trust policy, in this order. The same assertion counts again until it is five minutes old, as at AWS.
 */
export type RedeemAssertion = (redemption: Redemption) => Promise<Redeemed>

const STATUS_SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'

export function makeRedeemAssertion(deps: {
  accounts: Accounts
  sessions: RoleSessions
  record: RecordCall
  /** The sign-in endpoint's SAML address, as every assertion must name it. */
  recipient: string
  now: () => Date
}): RedeemAssertion {
  return async function redeemAssertion({
    operation,
    address,
    roleArn,
    principalArn,
    response,
    secondsFor,
    narrowedTo,
  }) {
    const note: Pick<SeenCall, 'jti' | 'sourceIdentity'> & { sessionName: string } = { sessionName: '' }
    const record = (seen: Pick<SeenCall, 'outcome' | 'because' | 'accessKeyId' | 'narrowedTo'>) =>
      deps.record({ operation, roleArn, ...note, ...seen })
    try {
      const { provider, accountId } = requireProvider(deps.accounts, principalArn)
      const keys = provider.privateKeyPem === undefined ? [] : [provider.privateKeyPem]
      const opened = await openResponse(response, keys)
      Object.assign(note, { jti: opened.assertion.attributes.get('ID') })
      const { issuer, certificates } = await readMetadata(provider)
      requireSuccess(opened, issuer)
      if (operation === 'signin') requireSentHere(opened, deps.recipient)
      const signed = await requireSigned(opened, certificates, keys)
      const assertion = readAssertion(signed, { issuer, recipient: deps.recipient, now: deps.now() })
      Object.assign(note, { sessionName: assertion.sessionName, sourceIdentity: assertion.sourceIdentity })

      requireNamed(assertion, { roleArn, principalArn })
      const nameQualifier = nameQualifierOf(issuer, accountId, provider.name)
      const vouched = vouchedFor(assertion, { principalArn, nameQualifier, recipient: deps.recipient, address })
      const found = requireRole(deps.accounts, roleArn, vouched)
      const seconds = Math.min(secondsFor(assertion, found.role), secondsLeft(assertion, deps.now()))
      const session = deps.sessions.lend(holderOf(found, vouched, narrowedTo), seconds)
      record({
        outcome: 'issued',
        ...(narrowedTo !== undefined && { narrowedTo }),
        ...(operation !== 'signin' && { accessKeyId: session.accessKeyId }),
      })
      return { session, assertion, nameQualifier }
    } catch (thrown) {
      if (thrown instanceof Refusal) record({ outcome: thrown.code, because: thrown.because ?? thrown.message })
      throw thrown
    }
  }
}

function requireProvider(accounts: Accounts, arn: string) {
  const [, accountId] = /^arn:aws:iam::(\d{12}):saml-provider\//.exec(arn) ?? []
  const provider = accounts.findSamlProvider(arn)
  if (accountId === undefined || provider === undefined)
    throw new Refusal('InvalidIdentityToken', "Specified provider doesn't exist", arn)
  return { provider, accountId }
}

/** Checks the envelope. It may be unsigned, so it can only lead to a refusal (security.md S-20, S-23, S-30). */
function requireSuccess({ response }: OpenedResponse, issuer: string): void {
  const [status] = childrenOf(response, PROTOCOL, 'Status')
  const [code] = childrenOf(status, PROTOCOL, 'StatusCode')
  if (code?.attributes.get('Value') !== STATUS_SUCCESS)
    throw new Refusal('IDPRejectedClaim', 'The identity provider reported that authentication failed.')
  const [named] = childrenOf(response, ASSERTION, 'Issuer')
  if (named !== undefined && named.text !== issuer)
    throw new Refusal('InvalidIdentityToken', 'Issuer not present in specified provider')
}

/**
 * SAML 2.0 Bindings §3.5.5.2: Destination is where a browser was to bring the response. Nobody brings one to STS's API: there
 * AWS's own database drivers trade what was sent to http://localhost:7890/athena. Source: Athena User Guide, "Browser SAML".
 */
function requireSentHere({ response }: OpenedResponse, recipient: string): void {
  if ((response.attributes.get('Destination') ?? recipient) !== recipient)
    throw new Refusal('InvalidIdentityToken', `Destination is not ${recipient}`)
}

/** The caller chooses the role; the assertion must hold that very pair (threats.md F6). */
function requireNamed({ roles }: SamlAssertion, { roleArn, principalArn }: RolePair): void {
  if (!roles.some((pair) => pair.roleArn === roleArn && pair.principalArn === principalArn))
    throw notAuthorized('sts:AssumeRoleWithSAML', 'the assertion does not name this role with this provider')
}

/** The condition keys of a SAML request; `SAML:aud` is the Recipient and not the Audience (aws.md §4 and §7). */
function vouchedFor(
  assertion: SamlAssertion,
  {
    principalArn,
    nameQualifier,
    recipient,
    address,
  }: { principalArn: string; nameQualifier: string; recipient: string; address: string },
): Vouched {
  return {
    ...assertion,
    action: 'sts:AssumeRoleWithSAML',
    principal: principalArn,
    address,
    keys: [
      ['SAML:aud', [recipient]],
      ['SAML:iss', [assertion.issuer]],
      ['SAML:sub', [assertion.subject]],
      ['SAML:sub_type', [assertion.subjectType]],
      ['SAML:namequalifier', [nameQualifier]],
      ['SAML:doc', [principalArn.replace(/^arn:aws:iam::(\d{12}):saml-provider/, '$1')]],
    ],
  }
}

const secondsLeft = ({ sessionEndsAt }: SamlAssertion, now: Date): number =>
  sessionEndsAt === undefined ? Infinity : Math.floor((sessionEndsAt.getTime() - now.getTime()) / 1000)

/** STS API, AssumeRoleWithSAML, NameQualifier. */
const nameQualifierOf = (issuer: string, accountId: string, providerName: string): string =>
  createHash('sha1').update(`${issuer}${accountId}/${providerName}`).digest('base64')
