import { describe, expect, it } from 'vitest'
import { parseRoleArn } from '../../../src/domain/aws/arn.ts'
import type { AwaitedAssertion } from '../../../src/domain/aws/assertion.ts'
import type { AssertionSource } from '../../../src/usecases/ports/identity-provider.ts'
import { aResponse, type ResponseShape } from '../../support/saml/a-response.ts'
import { ACS, SP } from '../../support/saml/a-saml-world.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aSamlProvider, pending, RELAY_STATE } from './a-provider.ts'

const ROLE = 'arn:aws:iam::012345678901:role/rolegate/Developer'
const PROVIDER = 'arn:aws:iam::012345678901:saml-provider/contractors'
const AWS = 'urn:amazon:webservices'
const RECIPIENT = 'https://eu-central-1.signin.aws.amazon.com/saml'
const DOOR = 'https://gate.example.com/saml/contractors/aws'
const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes/'

const awaited: AwaitedAssertion = {
  kind: 'pass_through_saml',
  roleArn: parseRoleArn(ROLE),
  audience: AWS,
  recipient: RECIPIENT,
  providerArn: PROVIDER,
}

const roles = (...values: readonly string[]) => ({ name: `${ATTRIBUTES}Role`, values })
const aws = (changes: Partial<ResponseShape> = {}) =>
  aResponse({
    destination: DOOR,
    recipient: RECIPIENT,
    audiences: [[AWS]],
    attributes: [
      { name: 'groups', values: ['platform'] },
      roles(`arn:aws:iam::012345678901:role/Other,${PROVIDER}`, `${ROLE},${PROVIDER}`),
      { name: `${ATTRIBUTES}RoleSessionName`, values: ['alice@example.com'] },
    ],
    ...changes,
  }).field

function forAws(): AssertionSource {
  const { saml } = aSamlProvider().provider
  if (saml === undefined) throw new Error('a SAML provider without its side')
  return saml.forAws
}

const complete = (field: string) =>
  forAws().complete(
    {
      parameters: new Map([
        ['SAMLResponse', field],
        ['RelayState', RELAY_STATE],
      ]),
    },
    pending,
    awaited,
  )

describe('the IdP’s assertion for AWS (threats.md F7)', () => {
  it('is asked for in AWS’s name, to come to a door of its own, and of whoever is signed in there', async () => {
    const { move } = await forAws().begin('0a1b2c3d', awaited)
    const url = 'url' in move ? new URL(move.url) : undefined
    const { inflateRawSync } = await import('node:zlib')
    const xml = inflateRawSync(Buffer.from(url?.searchParams.get('SAMLRequest') ?? '', 'base64')).toString()
    expect(xml).toContain(`<saml:Issuer>${AWS}</saml:Issuer>`)
    expect(xml).toContain(`AssertionConsumerServiceURL="${DOOR}"`)
    expect(xml).not.toContain('ForceAuthn')
  })

  it('is forwarded as it came, with what it will have AWS write down', async () => {
    const field = aws()
    expect(await complete(`${field.slice(0, 76)}\r\n${field.slice(76)}`)).toMatchObject({
      assertion: { kind: 'saml', response: field, providerArn: PROVIDER, byIdp: true },
      claims: { claims: { nameid: 'alice' } },
      names: { sessionName: 'alice@example.com', sourceIdentity: null },
    })
  })

  it('may name provider and role the other way round, as AWS takes it', async () => {
    await complete(aws({ attributes: [roles(`${PROVIDER},${ROLE}`)] }))
  })

  it.each<{ because: string; reason: string; change: Partial<ResponseShape> }>([
    { because: 'is for us', reason: 'saml_audience', change: { audiences: [[SP]] } },
    {
      because: 'is for AWS in another partition',
      reason: 'saml_audience',
      change: { audiences: [[`${AWS}:govcloud`]] },
    },
    { because: 'is brought to our sign-in', reason: 'saml_recipient', change: { recipient: ACS } },
    { because: 'is brought to our own door', reason: 'saml_recipient', change: { recipient: DOOR } },
    { because: 'was sent to our sign-in', reason: 'saml_destination', change: { destination: ACS } },
    { because: 'was sent to AWS', reason: 'saml_destination', change: { destination: RECIPIENT } },
    { because: 'answers another question', reason: 'saml_in_response_to', change: { inResponseTo: '_other' } },
    { because: 'names no role', reason: 'saml_aws_role', change: { attributes: [] } },
    {
      because: 'names the role with another provider',
      reason: 'saml_aws_role',
      change: { attributes: [roles(`${ROLE},${PROVIDER}2`)] },
    },
    {
      because: 'names a role that begins like this one',
      reason: 'saml_aws_role',
      change: { attributes: [roles(`${ROLE}2,${PROVIDER}`)] },
    },
    { because: 'is signed by nobody', reason: 'saml_unsigned', change: { sign: 'neither' } },
  ])('is refused when it $because', async ({ reason, change }) => {
    expect(await refusalFrom(complete(aws(change)))).toMatchObject({ code: 'sign_in_rejected', reason })
  })

  it('is refused when it is encrypted, to us as well: AWS could not read it', async () => {
    expect((await refusalFrom(complete(aws({ encryption: {} })))).code).toBe('sign_in_rejected')
  })
})
