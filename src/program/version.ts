import { readFileSync } from 'node:fs'

/** As package.json says, beside src/ and dist/ alike. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version
