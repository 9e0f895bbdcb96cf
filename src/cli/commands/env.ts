import { CREDENTIAL_FORMATS, printCredentials, type CredentialFormat } from '../../domain/aws/credential-formats.ts'
import { borrow, DURATION_OPTION, REASON_OPTION } from '../borrow.ts'
import type { Call, Command } from '../command.ts'
import { oursIn, REGION_OPTION, regionFor } from '../region.ts'

export const env: Command = {
  name: 'env',
  aliases: ['export', 'eval'],
  usage:
    'rolegate env [ROLE] [--format FORM] [-d DURATION] [-r REGION] [--reason TEXT] | rolegate env --unset [--format FORM]',
  summary: 'Print credentials for a shell to read: eval "$(rolegate env ROLE)"',
  options: {
    format: {
      type: 'string',
      value: 'FORM',
      oneOf: CREDENTIAL_FORMATS,
      about: `${CREDENTIAL_FORMATS.join(', ')}; default env`,
    },
    unset: { type: 'boolean', about: 'print what removes them again' },
    duration: DURATION_OPTION,
    region: REGION_OPTION,
    reason: REASON_OPTION,
  },
  words: { least: 0, most: 1 },
  completes: 'role',
  async run(call) {
    const format = formatOf(call)
    call.world.out(call.flag('unset') ? unsetText(format, call) : await credentialsText(format, call))
    return 0
  },
}

function formatOf({ text, json, misused }: Call): CredentialFormat {
  const typed = text('format') ?? (json ? 'json' : 'env')
  const format = CREDENTIAL_FORMATS.find((known) => known === typed)
  if (format === undefined) throw misused(`“${typed}” is no form: write ${CREDENTIAL_FORMATS.join(', ')}.`)
  return format
}

async function credentialsText(format: CredentialFormat, call: Call): Promise<string> {
  const regionOver = regionFor(call)
  const { credentials, role, region: own } = await borrow(call, call.words[0])
  if (call.world.isTty.stdout)
    call.say('These are secrets, printed to a terminal; a shell reads them with eval "$(rolegate env …)".')
  return printCredentials(format, credentials, {
    profile: role.replace('/', '.'),
    ...regionOver(own),
  })
}

const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION']

const UNSET: Readonly<Partial<Record<CredentialFormat, (name: string) => string>>> = {
  env: (name) => `unset ${name}`,
  'env-no-export': (name) => `unset ${name}`,
  powershell: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  'windows-cmd': (name) => `set "${name}="`,
  fish: (name) => `set -e ${name}`,
}

/** A region that somebody chose stays: it was there before. */
function unsetText(format: CredentialFormat, { misused, world }: Call): string {
  const line = UNSET[format]
  if (line === undefined) throw misused(`The form ${format} sets no variables, so there is nothing to unset.`)
  return [...NAMES, ...oursIn(world.env)].map((name) => `${line(name)}\n`).join('')
}
