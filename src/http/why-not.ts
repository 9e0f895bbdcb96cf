import type { StatedRole } from '../usecases/entitlement/list-accounts.ts'
import { answerFor } from './answers.ts'

/** Beside a role that cannot be taken now: what is in the way, for people. */
export const whyNot = (stated: StatedRole): { readonly why?: string } =>
  stated.state === 'available' ? {} : { why: answerFor(stated.refusal).why }

/** Of a role that takes an approval: the request that waits for one, and until when one is good. */
export const approvalOf = ({
  pending,
  approval,
}: StatedRole): { readonly pending?: string; readonly grantedUntil?: Date } => ({
  ...(pending !== undefined && { pending }),
  ...(approval !== undefined && { grantedUntil: approval.until }),
})
