import { fileURLToPath } from 'node:url'

/** The checkout, seen from bench/dist/bench/harness/. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** The built program: what `npm run build` makes, and nothing else, is measured. */
export const PROGRAM = `${ROOT}dist/main.js`
/** A module of it: `built('compose')`. */
export const built = (name: string): string => `${ROOT}dist/${name}.js`
/** What people and SDKs start: see src/rolegate.ts. */
export const DOOR = `${ROOT}dist/rolegate.cjs`
export const JACKSON = `${ROOT}bench/peers/jackson/`

/** A compiled script beside this one: `script('peers/standard')`. */
export const script = (name: string): string => fileURLToPath(new URL(`../${name}.js`, import.meta.url))
