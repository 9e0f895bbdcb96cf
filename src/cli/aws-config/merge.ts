import type { ConfigFacts } from '../../domain/aws/config-file/facts.ts'
import type { Way } from '../../domain/aws/config-file/lines.ts'
import { mergeConfig, type Merged } from '../../domain/aws/config-file/merge.ts'
import { asRolegateError, type ErrorValues, type RolegateError } from '../../domain/errors.ts'
import { failure, type Said } from '../failure.ts'
import type { CliWorld } from '../world.ts'
import { credentialsFile, readText } from './files.ts'

export type Wish = { readonly way: Way; readonly prune: boolean; readonly template?: string }

/** What a config file is, and what it would become. */
export type Planned = Merged & { readonly path: string; readonly before: string }

/** Plans the block of one gateway into one file; writes nothing. Failures are told in words that name the file. */
export async function planConfig(world: CliWorld, path: string, facts: ConfigFacts, wish: Wish): Promise<Planned> {
  const [before, credentials] = await Promise.all([readText(path), readText(credentialsFile(world))])
  try {
    return { path, before, ...mergeConfig({ ...wish, facts, config: before, credentials }) }
  } catch (thrown) {
    throw mergeFailure(asRolegateError(thrown), path)
  }
}

/** Why a config file could not be planned or looked at, in words. */
export const mergeFailure = ({ values }: RolegateError, path: string): RolegateError =>
  failure('config_invalid', said(values, path))

/** How a profile of this program's own gets its credentials. */
export const processWay = ({ program, platform }: CliWorld): Way => ({
  mode: 'process',
  program,
  windows: platform === 'win32',
})

function said({ mark, section, placeholder, template, both, path: program }: ErrorValues, path: string): Said {
  if (mark !== undefined) {
    return {
      title: `The marks of our block in ${path} do not pair up, at line ${String(mark)}`,
      detail: 'Nobody can say what is ours there and what is yours, so nothing was changed.',
      next: 'Delete what is left of the block, from “# >>> rolegate” to “# <<< rolegate”, and run this again.',
    }
  }
  if (section !== undefined) {
    return {
      title: `${path} already has a section of ours, outside our block`,
      detail: `[${String(section)}] of that name twice would make the whole file unreadable, so nothing was changed.`,
      next: 'Rename or delete yours, and run this again.',
    }
  }
  if (program !== undefined) {
    return {
      title: 'This program stands at a path that cannot be written into a config file',
      detail: `Every SDK reads ${String(program)} in its own way.`,
      next: 'Install it elsewhere, or use --mode sso.',
    }
  }
  if (placeholder !== undefined) {
    return {
      title: `There is no ${String(placeholder)} for a profile’s name`,
      next: 'Use {alias}, {role}, {account}, {region}.',
    }
  }
  return {
    title: `The template ${String(template)} makes no usable name`,
    detail: Array.isArray(both)
      ? `${both.join(' and ')} would have the same.`
      : 'Letters, digits and “._/-” make one, and “default” is none.',
  }
}
