import type * as Sdk from '@aws-sdk/client-sts'

let sdk: Promise<typeof Sdk> | undefined

/** The AWS SDK, loaded when it is first wanted: a start need not wait for it, nor hold it in memory. */
export const loadSdk = (): Promise<typeof Sdk> => (sdk ??= import('@aws-sdk/client-sts'))
