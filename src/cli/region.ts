import { isRegion } from '../domain/aws/partition.ts'
import type { Call, Option } from './command.ts'
import { failure } from './failure.ts'
import type { Environment } from './world.ts'

export const REGION_OPTION = {
  type: 'string',
  short: 'r',
  value: 'REGION',
  about: 'the region to hand on; default AWS_REGION, AWS_DEFAULT_REGION, then the account’s own',
} as const satisfies Option

/**
 * Set beside a region that came from the account: the next account's region may then replace it in the same shell, but
 * never one that somebody chose (DECISIONS.md 220).
 */
const OURS = 'ROLEGATE_ACCOUNT_REGION'

/** A region to hand on, and what is set beside it. */
export type HandedRegion = { readonly region?: string; readonly beside?: Readonly<Record<string, string>> }

/**
 * -r or the caller's AWS_REGION, else the account's. Checked before anything is asked, since some printed forms have no
 * quotes.
 */
export function regionFor({ text, world: { env }, misused }: Call): (own: string | undefined) => HandedRegion {
  const flag = text('region')
  if (flag !== undefined && !isRegion(flag)) throw misused(`“${flag}” is no region: write eu-central-1.`)
  const region = flag ?? chosen('AWS_REGION', env)
  if (region !== undefined && !/^[a-z0-9-]{1,40}$/.test(region))
    throw failure('config_invalid', { title: 'AWS_REGION names no region', next: 'Name one with -r.' })
  if (region !== undefined) return () => ({ region })
  // Not where the caller's AWS_DEFAULT_REGION says it: AWS_REGION would beat that.
  const isChosen = chosen('AWS_DEFAULT_REGION', env) !== undefined
  return (own) => (own === undefined || isChosen ? {} : { region: own, beside: { [OURS]: own } })
}

/** Undefined when nothing is set, and when it was us. */
const chosen = (name: string, env: Environment): string | undefined =>
  env[name] && env[name] !== env[OURS] ? env[name] : undefined

/** The variables that an account's own region was set in, for whoever takes it away again. */
export const oursIn = (env: Environment): readonly string[] =>
  env[OURS] ? [...['AWS_REGION', 'AWS_DEFAULT_REGION'].filter((name) => env[name] === env[OURS]), OURS] : []
