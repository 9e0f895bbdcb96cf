let sdk: Promise<typeof import('@aws-sdk/client-sts')> | undefined

/** The AWS SDK, loaded when it is first wanted: it is a third of the time and memory that a start would take. */
export const loadSdk = (): Promise<typeof import('@aws-sdk/client-sts')> => (sdk ??= import('@aws-sdk/client-sts'))
