import type * as Jose from 'jose'

let jose: Promise<typeof Jose> | undefined

/** jose, loaded with the first job's token and not at start. */
export const loadJose = (): Promise<typeof Jose> => (jose ??= import('jose'))
