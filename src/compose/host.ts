/** What the gateway takes from the process it runs in. */
export type Host = {
  readonly now: () => Date
  readonly print: (text: string) => void
  readonly version: string
  readonly demo: boolean
  readonly acceptNewIssuer: boolean
}
