import { beginOf, endOf } from './block.ts'
import { printBlock } from './merge.ts'
import type { ConfigFacts } from './facts.ts'

/** The shells whose commands the portal shows. */
export const SETUP_SHELLS = ['posix', 'fish', 'powershell'] as const
export type SetupShell = (typeof SETUP_SHELLS)[number]

/** What the browser saves the block as, for people with more roles than anybody pastes. */
export const BLOCK_FILE = 'rolegate-aws-config.txt'

/**
 * The lines a person pastes into their own shell: they put the block into `~/.aws/config` in place of an older one. They
 * fetch nothing, start nothing that was fetched, and hold no token (threats.md D13). `from`: the block itself, or the
 * file that the browser saved.
 */
export function printSetup(shell: SetupShell, facts: ConfigFacts, from: 'page' | 'file'): string {
  return SETUP[shell](facts.origin, from === 'page' ? printBlock(facts) : undefined)
}

/** For tools that read no `services` section: where our Identity-Center API is (aws.md §1.3). */
export function printExports(shell: SetupShell, { origin }: ConfigFacts): string {
  const line = {
    posix: (name: string) => `export ${name}=${origin}`,
    fish: (name: string) => `set -gx ${name} ${origin}`,
    powershell: (name: string) => `$Env:${name} = '${origin}'`,
  }[shell]
  return ['AWS_ENDPOINT_URL_SSO', 'AWS_ENDPOINT_URL_SSO_OIDC'].map((name) => `${line(name)}\n`).join('')
}

/**
 * Checked facts hold no quote and no backslash; what is left to escape is what patterns give a meaning to. An old block is
 * cut out only when its end is there, or everything below it would go too; it is written through a link, and not over one. A
 * saved file is used up, or the next one would be saved beside it under another name.
 */
const SETUP: Readonly<Record<SetupShell, (origin: string, block: string | undefined) => string>> = {
  posix: (origin, block) =>
    [
      'aws_config="${AWS_CONFIG_FILE:-$HOME/.aws/config}"',
      'mkdir -p "$(dirname "$aws_config")" && touch "$aws_config"',
      `grep -qF '${endOf(origin)}' "$aws_config" && cp "$aws_config" "$aws_config.bak" && sed '${cutOf(origin)}' "$aws_config.bak" > "$aws_config"`,
      '[ -z "$(tail -c 1 "$aws_config")" ] || echo >> "$aws_config"',
      ...(block === undefined
        ? [`cat ~/Downloads/${BLOCK_FILE} >> "$aws_config" && rm ~/Downloads/${BLOCK_FILE}`, '']
        : [`cat >> "$aws_config" <<'ROLEGATE'`, `${block}ROLEGATE`, '']),
    ].join('\n'),
  fish: (origin, block) =>
    [
      'set -q AWS_CONFIG_FILE; and set -g aws_config $AWS_CONFIG_FILE; or set -g aws_config ~/.aws/config',
      'mkdir -p (dirname $aws_config); and touch $aws_config',
      `grep -qF '${endOf(origin)}' $aws_config; and cp $aws_config $aws_config.bak; and sed '${cutOf(origin)}' $aws_config.bak > $aws_config`,
      'test -z (tail -c 1 $aws_config); or echo >> $aws_config',
      block === undefined
        ? `cat ~/Downloads/${BLOCK_FILE} >> $aws_config; and rm ~/Downloads/${BLOCK_FILE}`
        : `echo -n '${block}' >> $aws_config`,
      '',
    ].join('\n'),
  powershell: (origin, block) =>
    [
      '$awsConfig = if ($Env:AWS_CONFIG_FILE) { $Env:AWS_CONFIG_FILE } else { "$HOME/.aws/config" }',
      'New-Item -ItemType Directory -Force (Split-Path $awsConfig) | Out-Null',
      'if (Test-Path $awsConfig) { Copy-Item -Force $awsConfig "$awsConfig.bak" }',
      `$before = if (Test-Path $awsConfig) { [IO.File]::ReadAllText($awsConfig) } else { '' }`,
      `$before = $before -replace '(?s)(?<=^|\\n)${escaped(beginOf(origin))}.*?${escaped(endOf(origin))}[^\\n]*(\\n|$)', ''`,
      'if ($before -and -not $before.EndsWith("`n")) { $before += "`n" }',
      block === undefined
        ? `[IO.File]::WriteAllText($awsConfig, $before + [IO.File]::ReadAllText("$HOME/Downloads/${BLOCK_FILE}")); Remove-Item "$HOME/Downloads/${BLOCK_FILE}"`
        : `[IO.File]::WriteAllText($awsConfig, $before + @'\n${block}\n'@)`,
      '',
    ].join('\n'),
}

/** sed's own words for an old block: from its first line to its last. */
const cutOf = (origin: string): string => `\\|^${escaped(beginOf(origin))}|,\\|^${escaped(endOf(origin))}|d`

const escaped = (text: string): string => text.replace(/[.[\]]/g, '\\$&')
