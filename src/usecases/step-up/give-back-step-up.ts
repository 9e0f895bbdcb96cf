import type { UsedStepUp } from '../../domain/sign-in/step-up.ts'
import type { StepUps } from '../ports/tables.ts'

export type GiveBackStepUp = (used: UsedStepUp) => Promise<void>

/**
 * Puts back what a hand-over took out and had no use for, since it was refused before AWS was asked for anything. Whoever took it out is the only one
 * who has it, so it is there once at most; and no longer than before (threats.md H8).
 */
export const makeGiveBackStepUp =
  ({ stepUps }: { stepUps: Pick<StepUps, 'createIfAbsent'> }): GiveBackStepUp =>
  async (used) => {
    const { sessionId: _, ...stepUp } = used
    await stepUps.createIfAbsent(stepUp.id, stepUp, { expiresAt: stepUp.expiresAt })
  }
