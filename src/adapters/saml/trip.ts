import type { KeyObject } from 'node:crypto'
import { RolegateError } from '../../domain/errors.ts'
import type { PendingSaml, PendingSignIn } from '../../domain/sign-in/attempt.ts'
import type { Now } from '../../usecases/ports.ts'
import type { BrowserMove, CallbackAnswer } from '../../usecases/ports/identity-provider.ts'
import type { makeMessages } from './messages.ts'
import type { IdpMetadata } from './metadata.ts'
import { acceptAssertion, type AcceptedAssertion, type Expected } from './profile.ts'
import { refused, require } from './refusal.ts'
import { openResponse } from './response.ts'

type Question = { readonly attemptId: string; readonly isFresh: boolean }
type Reading = Pick<Expected, 'audience' | 'recipient' | 'destination'> & {
  /** Those that open what is encrypted to us. */
  readonly keys: readonly KeyObject[]
  /** Only a proof of who they are that is younger than the question. */
  readonly isFresh: boolean
}

/** How an IdP is asked and its answer read, whomever the assertion is for. */
export type Trip = {
  ask(
    messages: ReturnType<typeof makeMessages>,
    question: Question,
  ): Promise<{ readonly move: BrowserMove; readonly pending: PendingSaml }>
  /** Verifies the answer against everything expected of it; gives its assertion and the response it came in. */
  read(
    answer: CallbackAnswer,
    pending: PendingSignIn,
    reading: Reading,
  ): Promise<{ readonly accepted: AcceptedAssertion; readonly response: string }>
}

export function makeTrip(deps: {
  settings: {
    readonly skewSeconds: number
    readonly contexts: readonly string[]
    readonly allow: { readonly sha1: boolean; readonly cbc: boolean }
  }
  requireMetadata: () => Promise<IdpMetadata>
  newMessageId: () => string
  randomText: (bits: number) => string
  now: Now
}): Trip {
  const { requireMetadata, now } = deps
  const { skewSeconds, contexts, allow } = deps.settings
  return {
    async ask(messages, { attemptId, isFresh: forceAuthn }) {
      const metadata = await requireMetadata()
      const startedAt = now()
      const pending = {
        kind: 'saml',
        // The attempt's id names its cookie; the rest makes it unguessable. RelayState is this and never a place (S-36).
        state: `${attemptId}.${deps.randomText(128)}`,
        requestId: deps.newMessageId(),
        startedAt,
      } as const
      const { state: relayState, requestId } = pending
      const request = { id: requestId, relayState, issuedAt: startedAt, forceAuthn, contexts }
      return { move: await messages.loginRequest(metadata, request), pending }
    },

    async read({ parameters }, pending, { keys: decryptionKeys, isFresh, ...addressed }) {
      const metadata = await requireMetadata()
      require(pending.kind === 'saml', 'other_protocol')
      require(parameters.get('RelayState') === pending.state, 'relay_state')
      const response = parameters.get('SAMLResponse')
      require(response !== undefined, 'no_response')
      const trust = { keys: metadata.keys, allowSha1: allow.sha1 }
      try {
        const opened = await openResponse(response, { ...trust, decryptionKeys, allowCbc: allow.cbc })
        const accepted = acceptAssertion(opened, {
          ...addressed,
          issuer: metadata.entityId,
          requestId: pending.requestId,
          now: now(),
          skewSeconds,
          ...(isFresh && { authenticatedSince: pending.startedAt }),
          contexts,
        })
        return { accepted, response }
      } catch (thrown) {
        // security.md S-1: whatever happens in there refuses.
        throw thrown instanceof RolegateError ? thrown : refused('unreadable', thrown)
      }
    },
  }
}
