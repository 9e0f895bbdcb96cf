import type { UsedStepUp } from '../../domain/sign-in/step-up.ts'
import type { StepUps } from '../ports/tables.ts'

export type GiveBackStepUp = (used: UsedStepUp) => Promise<void>

/**
 * Puts back a proof that a hand-over took out and did not use, since it was refused before AWS was asked. Only one
 * caller can have taken it out, so it exists once at most; its expiry stays as it was (threats.md H8).
 */
export const makeGiveBackStepUp =
  ({ stepUps }: { stepUps: Pick<StepUps, 'createIfAbsent'> }): GiveBackStepUp =>
  async (used) => {
    const { sessionId: _, ...stepUp } = used
    await stepUps.createIfAbsent(stepUp.id, stepUp, { expiresAt: stepUp.expiresAt })
  }
