/** As much of oidc-provider 9 as the demo IdP touches; the package brings no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export type Context = {
    type: string
    status: number
    body: unknown
    set(name: string, value: string): void
    readonly oidc: {
      readonly session?: { readonly accountId?: string; grantIdFor(clientId: string): string | undefined }
      readonly client?: { readonly clientId: string }
      readonly provider: Provider
    }
  }
  export type Interaction = {
    readonly uid: string
    readonly prompt: { readonly name: string }
  }
  export type Grant = { addOIDCScope(scope: string): void; save(): Promise<string> }

  export default class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    readonly Grant: {
      new (of: { accountId: string; clientId: string }): Grant
      find(id: string): Promise<Grant | undefined>
    }
    /** Koa's: no error goes to the console. */
    silent: boolean
    callback(): (req: IncomingMessage, res: ServerResponse) => Promise<void>
    interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<Interaction>
    interactionFinished(
      req: IncomingMessage,
      res: ServerResponse,
      result: Readonly<Record<string, unknown>>,
      options: { mergeWithLastSubmission: boolean },
    ): Promise<void>
  }
}
