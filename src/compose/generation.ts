import type { RequestListener } from 'node:http'
import type { Config } from '../config/config.ts'
import type { PlanHandOver } from '../usecases/hand-over/plan-hand-over.ts'
import type { FindSession } from '../usecases/sign-in/find-session.ts'

/** Everything that one configuration made, from its rules to its doors. */
export type Generation = {
  readonly config: Config
  readonly hash: string
  readonly answer: RequestListener
  readonly findSession: FindSession
  requireStillAllowed(...asked: Parameters<PlanHandOver['requireStillAllowed']>): void
  /** Asks the neighbours for what the first person would wait for. */
  warmUp(): void
  /** Who does not answer, as `/readyz` names them. Asking is enough for what is due to be read again. */
  down(): readonly string[]
  /** Lets go of the connections of its own. */
  close(): void
}

/** The generation in force. */
export type Newest = () => Pick<Generation, 'findSession' | 'requireStillAllowed'>
