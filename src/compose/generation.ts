import type { RequestListener } from 'node:http'
import type { Config } from '../config/config.ts'
import type { CountGroups } from '../usecases/admin/count-groups.ts'
import type { PlanHandOver } from '../usecases/hand-over/plan-hand-over.ts'
import type { CurrentRules } from '../usecases/ports.ts'
import type { IdentityProvider } from '../usecases/ports/identity-provider.ts'
import type { FindSession } from '../usecases/sign-in/find-session.ts'
import type { reachWorkloadIssuers } from './workloads.ts'

type Known = {
  readonly providers: ReadonlyMap<string, IdentityProvider>
  readonly workloads: ReturnType<typeof reachWorkloadIssuers>
}

/** Everything that one configuration made, from its rules to its doors. */
export type Generation = {
  readonly config: Config
  readonly hash: string
  readonly answer: RequestListener
  readonly rules: CurrentRules
  /** What has learned about its neighbours. The next generation takes it over if their settings are the same. */
  readonly known: Known
  readonly findSession: FindSession
  requireStillAllowed(...asked: Parameters<PlanHandOver['requireStillAllowed']>): Promise<void>
  readonly countGroups: CountGroups
  /** Asks the neighbours for what the first person would wait for, and for the time. */
  warmUp(): void
  /** Who does not answer, as `/readyz` names them. Asking also makes what is due be read again. */
  down(): readonly string[]
  /** Reads what time it is at AWS. */
  lookAtClocks(): Promise<void>
  /** Closes this generation's own connections. */
  close(): void
}

/** The generation in force, which may be another at each call. */
export type Newest = () => Pick<Generation, 'findSession' | 'requireStillAllowed'>
