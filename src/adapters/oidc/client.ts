import type * as OpenidClient from 'openid-client'

let client: Promise<typeof OpenidClient> | undefined

/** openid-client, loaded with the first IdP's metadata and not at start. */
export const loadClient = (): Promise<typeof OpenidClient> => (client ??= import('openid-client'))
