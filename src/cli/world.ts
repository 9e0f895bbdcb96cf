/** All that the client knows of the machine it runs on; `program/cli.ts` builds the real one, tests a fake one. */
export type CliWorld = {
  /** Data, for programs and pipes. */
  readonly out: (text: string) => void
  /** Words, for people. */
  readonly err: (text: string) => void
  readonly isTty: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  readonly env: Environment
  readonly now: () => Date
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** A signal that aborts after so long. */
  readonly timeout: (ms: number) => AbortSignal
  readonly fetch: typeof fetch
  readonly spawn: (child: Child) => Promise<ChildEnd>
  /** True when something is at this path. */
  readonly exists: (path: string) => boolean
  /** Answers requests at a port of 127.0.0.1 that the system chooses; undefined when there is none to be had. */
  readonly listen: (hear: (asked: Heard, port: number) => Page) => Promise<Listener | undefined>
  /** Has the person choose on their terminal. Rejects when they leave the choice, and `interrupted` aborts. */
  readonly pick: (question: string, choices: readonly Choice[]) => Promise<string>
  /** Asks yes or no; the answer is no until they say otherwise. Rejects likewise. */
  readonly confirm: (question: string) => Promise<boolean>
  /** What a gateway with this configuration file would answer an operator. Fails with `config_invalid`. */
  readonly explainFile: (file: string, ask: ImaginedAsk) => Promise<unknown>
  /** The text of a file that comes with this program: `completions/rolegate.fish`. */
  readonly ownFile: (path: string) => Promise<string>
  /** Fails where there is none. */
  readonly keychain: () => Promise<Keychain>
  /** Aborts when the person presses Ctrl-C. */
  readonly interrupted: AbortSignal
  readonly pid: number
  readonly isAlive: (pid: number) => boolean
  readonly hostname: string
  readonly userName: string
  readonly homeFolder: string
  readonly platform: string
  readonly timeZone: string
  readonly version: string
  /** The command line that starts this program, by absolute paths. */
  readonly program: readonly string[]
}

/** When, where and how somebody asks. */
type ImaginedMoment = {
  readonly at?: string
  readonly ip?: string
  /** How long ago: `5m`. */
  readonly mfa?: string | false
  readonly reason?: string | false
}

/** A role, and what an IdP would state of whoever wants it. */
export type ImaginedAsk = {
  readonly role: string
  readonly as: ImaginedMoment & { readonly idp: string; readonly groups: readonly string[] }
}

/** Somebody else than whoever asks: imagined, or signed in under a name. */
export type Somebody =
  Pick<ImaginedAsk, 'as'> | { readonly person: ImaginedMoment & { readonly name: string; readonly idp?: string } }

export type Environment = Readonly<Record<string, string | undefined>>

/** A place for secrets that the system keeps for a person: one secret for each account. */
export type Keychain = {
  readonly get: (account: string, signal: AbortSignal) => Promise<string | undefined>
  readonly set: (account: string, secret: string, signal: AbortSignal) => Promise<void>
  /** What is not there is removed already. */
  readonly remove: (account: string, signal: AbortSignal) => Promise<void>
}

export type Child = {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Environment
  /** `foreground` shares our terminal and is waited for; `background` is left alone once started. */
  readonly place: 'foreground' | 'background'
}

export type ChildEnd =
  | { readonly started: true; readonly exit: number }
  | { readonly started: false; readonly because: 'not_found' | 'not_executable' | 'other' }

/** One request: its line, and whom it took us for. */
export type Heard = { readonly method: string; readonly target: string; readonly host: string | undefined }
export type Page = { readonly status: number; readonly body: string }
export type Listener = { readonly port: number; readonly close: () => void }

export type Choice = { readonly value: string; readonly hint: string }
