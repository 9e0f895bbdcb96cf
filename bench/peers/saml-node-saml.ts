/** @node-saml/node-saml with every check on that it has. */
import { SAML, ValidateInResponseTo, type CacheProvider } from '@node-saml/node-saml'
import { answer } from '../harness/answer.ts'
import { IDP_ENTITY } from '../harness/saml-idp.ts'
import { OPEN_QUESTION, type Learned, type VerifyOrder } from '../harness/saml-sp.ts'

const { requestId, acs, audience } = OPEN_QUESTION

/** Its memory of requests: one that is always open, so that the same response can come again. */
const cacheProvider: CacheProvider = {
  saveAsync: async (_key, value) => ({ value, createdAt: Date.now() }),
  getAsync: async (key) => (key === requestId ? new Date().toISOString() : null),
  removeAsync: async () => null,
}

let provider: SAML | undefined

function open({ certificatePem }: { certificatePem: string }): void {
  provider = new SAML({
    idpCert: certificatePem,
    idpIssuer: IDP_ENTITY,
    issuer: audience,
    audience,
    callbackUrl: acs,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    acceptedClockSkewMs: 60_000,
    maxAssertionAgeMs: 600_000,
    validateInResponseTo: ValidateInResponseTo.always,
    cacheProvider,
  })
}

async function complete(field: string) {
  if (provider === undefined) throw new Error('not opened')
  const { profile } = await provider.validatePostResponseAsync({ SAMLResponse: field })
  if (profile === null) throw new Error('nobody signed in')
  return profile
}

async function learn(field: string): Promise<Learned> {
  const profile = await complete(field)
  return { nameId: profile.nameID, groups: profile['groups'] as readonly string[] }
}

async function run({ field, operations }: VerifyOrder): Promise<void> {
  for (let done = 0; done < operations; done += 1) await complete(field)
}

answer({ port: () => 0, open, learn, run })
