import { beginOf, endOf } from './block.ts'
import { printBlock } from './merge.ts'
import type { ConfigFacts } from './facts.ts'
import type { Sha256 } from '../session-name.ts'

/** The shells whose commands the portal shows. */
export const SETUP_SHELLS = ['posix', 'fish', 'powershell'] as const
export type SetupShell = (typeof SETUP_SHELLS)[number]

/** The block as a file that the browser saves, for people with more roles than anybody pastes. */
export type SavedBlock = { readonly name: string; readonly sha256: string }

/** Its name says what is in it: any site may leave a file in somebody's downloads, by a name it guessed (threats.md D13). */
export function savedBlock(facts: ConfigFacts, sha256: Sha256): SavedBlock {
  const hash = Array.from(sha256(printBlock(facts)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { name: `rolegate-aws-config-${hash.slice(0, 16)}.txt`, sha256: hash }
}

/**
 * The lines a person pastes into their shell: they put the block into `~/.aws/config`, replacing an older one. They
 * fetch nothing, run nothing that was fetched, and hold no token (threats.md D13). The block is either in the lines
 * themselves or in a file that the browser saved; such a file is used only if it is byte for byte the one meant.
 */
export function printSetup(shell: SetupShell, facts: ConfigFacts, saved?: SavedBlock): string {
  const { print, ifSaved } = SETUP[shell]
  if (saved === undefined) return print(facts.origin, { block: printBlock(facts) })
  return ifSaved(saved, print(facts.origin, 'saved'))
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
 * Checked facts hold no quote and no backslash, so only characters special to patterns are escaped. An old block is
 * removed only if its end mark is there; otherwise everything below it would go too. If the config file is a link, its
 * target is written and the link is kept. A saved file is deleted afterwards, or the browser would save the next one
 * under another name.
 */
const SETUP: Readonly<Record<SetupShell, Lines>> = {
  posix: {
    print: (origin, from) =>
      [
        'aws_config="${AWS_CONFIG_FILE:-$HOME/.aws/config}"',
        'mkdir -p "$(dirname "$aws_config")" && touch "$aws_config"',
        `grep -qF '${endOf(origin)}' "$aws_config" && cp "$aws_config" "$aws_config.bak" && sed '${cutOf(origin)}' "$aws_config.bak" > "$aws_config"`,
        '[ -z "$(tail -c 1 "$aws_config")" ] || echo >> "$aws_config"',
        ...(from === 'saved'
          ? ['cat "$aws_block" >> "$aws_config" && rm "$aws_block"', '']
          : [`cat >> "$aws_config" <<'ROLEGATE'`, `${from.block}ROLEGATE`, '']),
      ].join('\n'),
    ifSaved: ({ name, sha256 }, lines) =>
      [
        `aws_block="$HOME/Downloads/${name}"`,
        `if { sha256sum "$aws_block" || shasum -a 256 "$aws_block"; } 2>/dev/null | grep -q '^${sha256}'; then`,
        `${lines}else echo '${notSaved(name)}' >&2; fi`,
        '',
      ].join('\n'),
  },
  fish: {
    print: (origin, from) =>
      [
        'set -q AWS_CONFIG_FILE; and set -g aws_config $AWS_CONFIG_FILE; or set -g aws_config ~/.aws/config',
        'mkdir -p (dirname $aws_config); and touch $aws_config',
        `grep -qF '${endOf(origin)}' $aws_config; and cp $aws_config $aws_config.bak; and sed '${cutOf(origin)}' $aws_config.bak > $aws_config`,
        'test -z (tail -c 1 $aws_config); or echo >> $aws_config',
        from === 'saved'
          ? 'cat $aws_block >> $aws_config; and rm $aws_block'
          : `echo -n '${from.block}' >> $aws_config`,
        '',
      ].join('\n'),
    ifSaved: ({ name, sha256 }, lines) =>
      [
        `set -g aws_block ~/Downloads/${name}`,
        `if begin; sha256sum $aws_block; or shasum -a 256 $aws_block; end 2>/dev/null | grep -q '^${sha256}'`,
        `${lines}else; echo '${notSaved(name)}' >&2; end`,
        '',
      ].join('\n'),
  },
  powershell: {
    print: (origin, from) =>
      [
        '$awsConfig = if ($Env:AWS_CONFIG_FILE) { $Env:AWS_CONFIG_FILE } else { "$HOME/.aws/config" }',
        'New-Item -ItemType Directory -Force (Split-Path $awsConfig) | Out-Null',
        'if (Test-Path $awsConfig) { Copy-Item -Force $awsConfig "$awsConfig.bak" }',
        `$before = if (Test-Path $awsConfig) { [IO.File]::ReadAllText($awsConfig) } else { '' }`,
        `$before = $before -replace '(?s)(?<=^|\\n)${escaped(beginOf(origin))}.*?${escaped(endOf(origin))}[^\\n]*(\\n|$)', ''`,
        'if ($before -and -not $before.EndsWith("`n")) { $before += "`n" }',
        from === 'saved'
          ? '[IO.File]::WriteAllText($awsConfig, $before + [IO.File]::ReadAllText($awsBlock)); Remove-Item $awsBlock'
          : `[IO.File]::WriteAllText($awsConfig, $before + @'\n${from.block}\n'@)`,
        '',
      ].join('\n'),
    ifSaved: ({ name, sha256 }, lines) =>
      [
        `$awsBlock = "$HOME/Downloads/${name}"`,
        `if ((Get-FileHash -Algorithm SHA256 -LiteralPath $awsBlock).Hash -ne '${sha256}') { Write-Warning '${notSaved(name)}' } else {`,
        `${lines}}`,
        '',
      ].join('\n'),
  },
}

type Lines = {
  readonly print: (origin: string, from: { readonly block: string } | 'saved') => string
  /** The lines, if the saved file is what it should be. */
  readonly ifSaved: (saved: SavedBlock, lines: string) => string
}

const notSaved = (name: string): string =>
  `Nothing was changed: ${name} is not in your Downloads as this page gave it. Save it again.`

/** sed's own words for an old block: from its first line to its last. */
const cutOf = (origin: string): string => `\\|^${escaped(beginOf(origin))}|,\\|^${escaped(endOf(origin))}|d`

const escaped = (text: string): string => text.replace(/[.[\]]/g, '\\$&')
