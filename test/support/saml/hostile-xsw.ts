import { aResponse, ASSERTION_ID, assertionIn, RESPONSE_ID } from './a-response.ts'
import { signed } from './a-signature.ts'
import { encryptedAssertion } from './an-encrypted-assertion.ts'
import {
  EVIL,
  EVIL_ID,
  evilAssertion,
  good,
  goodBoth,
  goodResponse,
  holding,
  inGroup,
  signatureIn,
  swapped,
  withoutSignature,
  type Hostile,
} from './hostile.ts'
import { DSIG } from './names.ts'

const { document } = inGroup('xsw')

/** alice's signed assertion as it stands, and what it was before it was signed. */
const signedAlice = () => assertionIn(good())
const bareAlice = () => withoutSignature(signedAlice())
const aliceSignature = () => signatureIn(good())
const instead = (assertion: string, of = good()) => swapped(of, assertionIn(of), assertion)

/** The evil assertion with alice's signature, which holds more. */
const evilWithSignature = (more = '', overrides = {}) =>
  evilAssertion({ afterIssuer: holding(aliceSignature(), more), ...overrides })

/** The evil Response around what the trusted key signed. */
const evilResponse = () =>
  swapped(withoutSignature(instead(evilAssertion(), goodResponse())), RESPONSE_ID, '_evil-response-6a')
const bareResponse = () => withoutSignature(goodResponse())
const responseSignature = () => signatureIn(goodResponse())
const afterIssuer = (xml: string, more: string) => swapped(xml, '</saml:Issuer>', `</saml:Issuer>${more}`)

const extensions = (content: string) => `<samlp:Extensions>${content}</samlp:Extensions>`
const object = (content: string) => `<ds:Object xmlns:ds="${DSIG}">${content}</ds:Object>`

/** Signature wrapping: each holds what the trusted key signed for alice, and beside it admin (security.md S-7 to S-13, S-17). */
export const hostileXsw = (): readonly Hostile[] => [
  document('XSW1: signed Response inside the Signature of an evil Response', 'the Reference points below', () =>
    afterIssuer(evilResponse(), holding(responseSignature(), bareResponse())),
  ),
  document('XSW2: signed Response before the Signature of an evil Response', 'the Reference points beside', () =>
    afterIssuer(evilResponse(), bareResponse() + responseSignature()),
  ),
  document(
    'XSW3: evil assertion before the signed one',
    'a reader takes the first',
    () => instead(evilAssertion() + signedAlice()),
    ASSERTION_ID,
  ),
  document(
    'evil assertion after the signed one',
    'a reader takes the last',
    () => instead(signedAlice() + evilAssertion()),
    ASSERTION_ID,
  ),
  document(
    'XSW4: signed assertion at the end of the evil one',
    'the signed one is nested',
    () => instead(holding(evilAssertion(), signedAlice())),
    ASSERTION_ID,
  ),
  document(
    'XSW5: evil assertion has the signature, the signed one comes last without it',
    'the Reference points beside',
    () => instead(evilWithSignature() + bareAlice()),
    EVIL_ID,
  ),
  document('XSW6: evil assertion has the signature, which holds the signed one', 'the Reference points below', () =>
    instead(evilWithSignature(bareAlice())),
  ),
  document(
    'XSW7: evil assertion in Extensions',
    'a reader takes any Assertion',
    () => afterIssuer(good(), extensions(evilAssertion())),
    ASSERTION_ID,
  ),
  document(
    'XSW7 the other way: signed assertion in Extensions',
    'a verifier takes any Assertion',
    () => afterIssuer(instead(evilAssertion()), extensions(signedAlice())),
    ASSERTION_ID,
  ),
  document('XSW8: signed assertion in ds:Object of the evil one', 'the Reference points below', () =>
    instead(evilWithSignature(object(bareAlice()))),
  ),
  document('XSW3 with the same ID twice', 'an ID leads to two elements', () =>
    instead(evilAssertion({ assertionId: ASSERTION_ID }) + signedAlice()),
  ),
  document('XSW4 with the same ID twice', 'an ID leads to two elements', () =>
    instead(holding(evilAssertion({ assertionId: ASSERTION_ID }), signedAlice())),
  ),
  document('XSW5 with the same ID twice', 'an ID leads to two elements', () =>
    instead(evilWithSignature('', { assertionId: ASSERTION_ID }) + bareAlice()),
  ),
  document('XSW8 with the same ID twice', 'an ID leads to two elements', () =>
    instead(evilWithSignature(object(bareAlice()), { assertionId: ASSERTION_ID })),
  ),
  document(
    'signed assertion in SubjectConfirmationData of the evil one',
    'CVE-2025-47949',
    () => instead(evilAssertion({ confirmationContent: signedAlice() })),
    ASSERTION_ID,
  ),
  document(
    'signed assertion in Advice of the evil one',
    'Advice may hold assertions',
    () => instead(evilAssertion({ advice: `<saml:Advice>${signedAlice()}</saml:Advice>` })),
    ASSERTION_ID,
  ),
  document(
    'signed assertion in an AttributeValue of the evil one',
    'AttributeValue may hold anything',
    () =>
      instead(
        evilAssertion({
          attributes: [
            { name: 'groups', values: ['admins'] },
            { name: 'x', values: [], content: `<saml:AttributeValue>${signedAlice()}</saml:AttributeValue>` },
          ],
        }),
      ),
    ASSERTION_ID,
  ),
  document(
    'signed assertion in a Condition of the evil one',
    'Condition may be extended',
    () => instead(evilAssertion({ conditionsContent: `<saml:Condition>${signedAlice()}</saml:Condition>` })),
    ASSERTION_ID,
  ),
  document(
    'signed assertion in StatusDetail',
    'StatusDetail may hold anything',
    () =>
      swapped(
        instead(evilAssertion()),
        '</samlp:Status>',
        `<samlp:StatusDetail>${signedAlice()}</samlp:StatusDetail></samlp:Status>`,
      ),
    ASSERTION_ID,
  ),
  document(
    'evil assertion in StatusDetail',
    'a reader takes any Assertion',
    () =>
      swapped(good(), '</samlp:Status>', `<samlp:StatusDetail>${evilAssertion()}</samlp:StatusDetail></samlp:Status>`),
    ASSERTION_ID,
  ),
  document(
    'evil assertion in ds:Object of the honest signature',
    'the enveloped-signature transform leaves it out of the digest',
    () => swapped(good(), '</ds:Signature>', `${object(evilAssertion())}</ds:Signature>`),
    ASSERTION_ID,
  ),
  document(
    'evil assertion in KeyInfo of the honest signature',
    'the enveloped-signature transform leaves it out of the digest',
    () => swapped(good(), '</ds:KeyInfo>', `${evilAssertion()}</ds:KeyInfo>`),
    ASSERTION_ID,
  ),
  document(
    'evil attributes in ds:Object of the honest signature',
    'the enveloped-signature transform leaves them out of the digest',
    () => {
      const [statement = ''] = /<saml:AttributeStatement>.*<\/saml:AttributeStatement>/.exec(evilAssertion()) ?? []
      return swapped(good(), '</ds:Signature>', `${object(statement)}</ds:Signature>`)
    },
    ASSERTION_ID,
  ),
  document(
    "the assertion's signature on the Response, the signed assertion in Extensions",
    'the Response looks signed',
    () => afterIssuer(instead(evilAssertion()), aliceSignature() + extensions(bareAlice())),
    RESPONSE_ID,
  ),
  document(
    "the assertion's signature on the Response, the signed assertion in ds:Object",
    'CVE-2024-8698: what is signed is told from the place of the signature',
    () => afterIssuer(instead(evilAssertion()), holding(aliceSignature(), object(bareAlice()))),
  ),
  document(
    "the assertion's signature on the Response, which holds that assertion and an evil one",
    'CVE-2024-8698: what is signed is told from the place of the signature',
    () => afterIssuer(instead(evilAssertion() + bareAlice()), aliceSignature()),
    RESPONSE_ID,
  ),
  document('signed Response inside an evil Response, before its assertion', 'a verifier takes any Response', () =>
    instead(goodResponse() + evilAssertion()),
  ),
  document('signed Response in Extensions of an evil Response', 'a verifier takes any signature', () =>
    afterIssuer(evilResponse(), extensions(goodResponse())),
  ),
  document('signed Response in ds:Object of an unsigned Signature', 'a verifier takes any signature', () =>
    afterIssuer(evilResponse(), `<ds:Signature xmlns:ds="${DSIG}">${object(goodResponse())}</ds:Signature>`),
  ),
  document(
    'two signed assertions, alice and then bob',
    'which of the two signs in?',
    () => instead(signedAlice() + signedBob()),
    ASSERTION_ID,
  ),
  document(
    'two signed assertions, bob and then alice',
    'which of the two signs in?',
    () => instead(signedBob() + signedAlice()),
    ASSERTION_ID,
  ),
  document(
    'two assertions in a signed Response',
    'CVE-2022-41912: which of the two signs in?',
    () => signed(instead(bareAlice() + evilAssertion()), RESPONSE_ID),
    RESPONSE_ID,
  ),
  document(
    'evil EncryptedAssertion after the signed one',
    'CVE-2026-2092: anybody can encrypt for us',
    () => instead(signedAlice() + encryptedAssertion(evilAssertion())),
    ASSERTION_ID,
  ),
  document(
    'evil EncryptedAssertion before the signed one',
    'CVE-2026-2092: anybody can encrypt for us',
    () => instead(encryptedAssertion(evilAssertion()) + signedAlice()),
    ASSERTION_ID,
  ),
  document(
    'evil EncryptedAssertion in Extensions',
    'anybody can encrypt for us',
    () => afterIssuer(good(), extensions(encryptedAssertion(evilAssertion()))),
    ASSERTION_ID,
  ),
  document(
    'evil EncryptedAssertion in Advice of an evil assertion around the signed one',
    'anybody can encrypt for us',
    () =>
      instead(
        evilAssertion({
          advice: `<saml:Advice>${signedAlice()}${encryptedAssertion(evilAssertion({ assertionId: '_evil-2' }))}</saml:Advice>`,
        }),
      ),
    ASSERTION_ID,
  ),
  document(
    'evil assertion in a Response whose signed assertion was taken out',
    'both are signed, one is exchanged',
    () => swapped(goodBoth(), assertionIn(goodBoth()), evilAssertion()),
  ),
  document('evil assertion in the NameID of the signed one', 'the signature stays where it was', () =>
    instead(swapped(signedAlice(), />alice</, `>${evilAssertion()}<`)),
  ),
]

const signedBob = () =>
  assertionIn(
    aResponse({ ...EVIL, assertionId: '_bob-1', nameId: 'bob', attributes: [{ name: 'groups', values: ['b'] }] }).xml,
  )
