import * as z from 'zod'
import { attributePath, claimPath, duration, environmentName, freeText, line, name } from './fields.ts'

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const

const id = name.describe('Its name in rules, in URLs and in the audit trail.')
const label = freeText.optional().describe('What the sign-in page calls it; default the id.')
const http = z.boolean().default(false).describe('Plain http toward this IdP: on loopback, with --insecure-dev only.')

/** How terminals of this IdP's people may sign in. */
export const loginWays = z.array(z.enum(['pkce', 'device']))
const login = loginWays
  .optional()
  .describe('Ways its people’s terminals may sign in; default, and at most, `sessions.cli.login`.')

const kind = z
  .enum(['id', 'name', 'email', 'path', 'domain_name', 'dn', 'sid'])
  .optional()
  .describe('What its values look like. Only checks the groups that rules name; never rewrites one.')
const namesFile = line
  .optional()
  .describe(
    'With `kind: id` (or sid): a file of `id: name` pairs. Rules may say either; what the IdP states is the id.',
  )
const limit = z
  .strictObject({
    count: z.int().min(1, 'must be at least 1').describe('At this many groups the list counts as cut by the IdP.'),
    else: z
      .enum(['fail', 'warn'])
      .default('fail')
      .describe('What a cut list does to the sign-in. `warn` is refused while a deny reads groups.'),
  })
  .optional()
  .describe('The IdP’s own limit: Entra 200 (SAML 150), Okta 100, Google SAML 75.')

const anyOf = z.array(line).min(1, 'must not be empty')
const accept = z
  .literal('names-anybody-may-create')
  .optional()
  .describe('Takes groups by names that anybody in this directory may give a group of their own (threats.md R6).')
const overage = z
  .strictObject({
    on: z
      .literal('graph')
      .describe('Who is asked when Entra left the groups out of a token: Microsoft Graph, by our own client.'),
    else: z
      .enum(['fail', 'warn'])
      .default('fail')
      .describe('What a sign-in does when Graph does not tell all. `warn` is refused while a deny reads groups.'),
    endpoint: line
      .optional()
      .describe('Origin of Graph; default that of the issuer’s cloud, as https://graph.microsoft.com.'),
  })
  .optional()
  .describe('Where the whole list is asked for when the token’s is cut; never at an address from the token.')

/** How we prove to an IdP who we are; exactly one secret or key is given. */
export const clientAuthentication = {
  client_secret_file: line
    .optional()
    .describe('File with the client secret. Exactly one way to authenticate is given.'),
  client_secret_env: environmentName.optional().describe('Environment variable with the client secret.'),
  client_secret: line.optional().describe('The client secret itself: works, with a warning.'),
  private_key_file: line.optional().describe('PEM private key for `private_key_jwt`, in place of a secret.'),
  private_key_cert_file: line
    .optional()
    .describe('The certificate for it, where the IdP knows the key by one, as Entra does.'),
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post'])
    .optional()
    .describe('How the secret is sent; default `client_secret_basic`. Only with a secret.'),
}

const domain = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9](?:[a-z0-9-]{0,62}))+$/,
    'must be a domain such as example.com, in lower case',
  )

const usernameDomains = z
  .array(domain)
  .min(1, 'must not be empty')
  .optional()
  .describe('Domains whose names this IdP answers for. Any other name is shown with the IdP’s id in front.')

const PERSON_KEY =
  'What names a person at every IdP that has it, as an employee number does. Nobody approves for somebody of the same; shown to nobody.'

const groupsDirectory = {
  source: z
    .enum(['claim', 'google_directory'])
    .default('claim')
    .describe('Where the groups are: in a claim, or in Google’s directory, which is asked at each sign-in.'),
  service_account_file: line
    .optional()
    .describe('Key of the service account that asks Google’s directory: the JSON file that Google gives.'),
  impersonate: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')
    .optional()
    .describe('Address of the administrator in whose name it asks.'),
  nested: z
    .boolean()
    .optional()
    .describe('Google’s directory: also the groups that their groups are in; default true.'),
  endpoint: line.optional().describe('Origin of Google’s Directory API; default https://admin.googleapis.com.'),
  token_endpoint: line
    .optional()
    .describe('Where the service account gets its token; default https://oauth2.googleapis.com/token.'),
}

const oidc = z.strictObject({
  id,
  type: z.literal('oidc').describe('OpenID Connect.'),
  label,
  login,
  issuer: line.describe('Its issuer URL, exactly as its discovery document states it.'),
  client_id: line.describe('Our client id there.'),
  ...clientAuthentication,
  scopes: z
    .array(line)
    .default(['openid', 'profile'])
    .refine((scopes) => scopes.includes('openid'), 'must include openid')
    .describe('What we ask for; `openid` is always among them.'),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1, 'must not be empty')
    .default(['RS256'])
    .describe('Signature algorithms we take from it. Never `none`, never HMAC (HS256 and its like).'),
  allow: z.strictObject({ http }).prefault({}).describe('Exceptions, for development.'),
  hosted_domain: z
    .union([domain, z.array(domain).min(1, 'must not be empty')], { error: 'must be a domain or a list of them' })
    .optional()
    .describe('The Google Workspace domains whose people may sign in: the `hd` of their ID token. Needed for Google.'),
  subject: claimPath
    .prefault('claims.sub')
    .describe('The claim that is stable and unique per person. Never the e-mail.'),
  username: claimPath
    .prefault('claims.preferred_username')
    .describe(
      'The claim people are called by: session names, pages, log. Opens nothing; nobody approves for somebody of the same.',
    ),
  username_domains: usernameDomains,
  person_key: claimPath.optional().describe(PERSON_KEY),
  groups: z
    .strictObject({
      claim: line.optional().describe('The claim that lists the groups; needed unless `source` is another.'),
      kind,
      names_file: namesFile,
      accept,
      from: z.enum(['id_token', 'userinfo']).optional().describe('Where the claim is read; default `id_token`.'),
      limit,
      overage,
      ...groupsDirectory,
    })
    .describe('How groups are read. They match exactly as the IdP spells them.'),
  recheck: z
    .strictObject({
      every: duration('1m', '12h').describe(
        'Before a hand-over the directory is asked again when it told the groups longer ago than this.',
      ),
      else: z
        .enum(['fail', 'warn'])
        .default('fail')
        .describe(
          'What a hand-over does when the directory does not answer: nothing is given, or what was stated counts.',
        ),
    })
    .optional()
    .describe('Reads groups again between sign-ins, and ends a sign-in whose groups have changed. Off by default.'),
  mfa: z
    .strictObject({
      claim: line.describe('The claim of the ID token that says how they signed in: a text or a list.'),
      any_of: anyOf.describe('Values that mean a second factor; one is enough.'),
    })
    .optional()
    .describe('What shows that somebody used a second factor. Without it nobody did, as far as rules can tell.'),
})

const saml = z.strictObject({
  id,
  type: z.literal('saml').describe('SAML 2.0.'),
  label,
  login,
  metadata_file: line.optional().describe('Its metadata, as a file, read again when it changes and every hour.'),
  metadata_url: line.optional().describe('Its metadata, by https, in place of a file.'),
  metadata_cert_file: line
    .optional()
    .describe('PEM certificate that signs the metadata: then it must be signed, and by this.'),
  entity_id: line
    .optional()
    .describe(
      'Its entity id: what the metadata must be about. Needed with `metadata_url`, and where it describes several.',
    ),
  sign_requests: z.boolean().default(false).describe('Signs what we send it.'),
  signing_key_file: line.optional().describe('PEM RSA private key that signs our requests.'),
  signing_cert_file: line.optional().describe('The certificate for it; stands in our metadata.'),
  decryption_key_file: line.optional().describe('PEM RSA private key for encrypted assertions.'),
  decryption_cert_file: line.optional().describe('The certificate for it; stands in our metadata.'),
  clock_skew: duration('0s', '2m').prefault('60s').describe('How far its clock and ours may differ.'),
  force_authn: z.boolean().default(false).describe('Asks for a fresh proof at each sign-in, and takes no older one.'),
  authn_contexts: z
    .array(line)
    .default([])
    .describe('Asks for one of these authentication contexts, and takes no other.'),
  allow: z
    .strictObject({
      http,
      idp_initiated: z
        .boolean()
        .default(false)
        .describe('An answer nobody asked for starts a sign-in of ours; it is not believed itself.'),
      sha1: z.boolean().default(false).describe('Signatures and digests with SHA-1, which can be forged.'),
      cbc: z
        .boolean()
        .default(false)
        .describe('Assertions encrypted with AES-CBC, which nothing protects from changes.'),
    })
    .prefault({})
    .describe('Exceptions. Each is a risk of its own.'),
  subject: attributePath
    .prefault('nameid')
    .describe('What is stable and unique per person: `attributes.NAME` or `nameid`. Never the e-mail.'),
  username: attributePath.describe(
    'What people are called by: session names, pages, log. Opens nothing; nobody approves for somebody of the same.',
  ),
  username_domains: usernameDomains,
  person_key: attributePath.optional().describe(PERSON_KEY),
  groups: z
    .strictObject({
      attribute: line.describe('The attribute that lists the groups, by Name or FriendlyName.'),
      delimiter: z
        .string()
        .min(1, 'must not be empty')
        .max(3, 'must be at most 3 characters')
        .optional()
        .describe('Splits values that hold several groups. Without it none is split.'),
      kind,
      names_file: namesFile,
      accept,
      limit,
    })
    .describe('How groups are read. They match exactly as the IdP spells them.'),
  mfa: z
    .strictObject({
      contexts: anyOf
        .optional()
        .describe('Authentication contexts (AuthnContextClassRef) that mean a second factor; one is enough.'),
      attribute: line.optional().describe('The attribute that says how they signed in.'),
      any_of: anyOf.optional().describe('Its values that mean a second factor; one is enough.'),
    })
    .refine(
      ({ contexts, attribute, any_of: values }) =>
        contexts === undefined
          ? attribute !== undefined && values !== undefined
          : attribute === undefined && values === undefined,
      'must have either contexts, or attribute and any_of',
    )
    .optional()
    .describe('What shows that somebody used a second factor. Without it nobody did, as far as rules can tell.'),
})

export const idp = z.discriminatedUnion('type', [oidc, saml])

export type OidcEntry = z.output<typeof oidc>
export type SamlEntry = z.output<typeof saml>
export type IdpEntry = z.output<typeof idp>
