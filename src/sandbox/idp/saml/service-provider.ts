import { SamlRefusal } from './refusal.ts'

/** A service provider this IdP answers to: the gateway. Addresses are whole URLs, certificates PEM. */
export type ServiceProvider = {
  readonly entityId: string
  readonly acs: string
  /** AWS, whose answers come to the gateway: what they say beside the person's own attributes. */
  readonly aws?: AwsApplication
  readonly slo?: string
  readonly signingCertificate?: string
  readonly encryptionCertificate?: string
}

/** AWS as an application of this IdP (aws.md §4). */
export type AwsApplication = {
  /** AWS's sign-in endpoint: the Recipient, wherever the answer is sent. */
  readonly recipient: string
  /** Where the gateway leads on to from its door: Chromium holds the answer's form to `form-action` on every hop. */
  readonly onward: readonly string[]
  /** Everybody's: pairs of role and SAML provider. */
  readonly roles: readonly string[]
}

/** Asks for the service provider at its first use, and again only after a failure: the gateway may start after us. */
export function makeServiceProvider(
  stated: ServiceProvider | (() => Promise<ServiceProvider>),
): () => Promise<ServiceProvider> {
  let known: ServiceProvider | undefined = typeof stated === 'function' ? undefined : stated
  return async () => {
    known ??= typeof stated === 'function' ? await ask(stated) : stated
    return known
  }
}

async function ask(stated: () => Promise<ServiceProvider>): Promise<ServiceProvider> {
  try {
    return await stated()
  } catch (cause) {
    throw new SamlRefusal('The gateway did not say who it is. Is it running?', { cause })
  }
}
