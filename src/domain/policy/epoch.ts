/** Which configuration is the newest of all gateways on one store, and who has it. */
export type EpochRow = {
  readonly epoch: number
  readonly hash: string
  /** ISO 8601, as all that follows. */
  readonly since: string
  /** What was in force before, the latest first. */
  readonly former: readonly string[]
  /** Gateways that hold it, and when each last said so. */
  readonly holders: Readonly<Record<string, string>>
}
