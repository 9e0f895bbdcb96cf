import { printCredentials } from '../../domain/aws/credential-formats.ts'
import { borrow, DURATION_OPTION } from '../borrow.ts'
import type { Command } from '../command.ts'

/** What `credential_process` in ~/.aws/config runs: SDKs read its stdout, and may log its stderr. */
export const credentialProcess: Command = {
  name: 'credential-process',
  usage: 'rolegate credential-process ROLE [-d DURATION]',
  summary: 'Print credentials as AWS SDKs read them from credential_process. Never asks, never opens a browser.',
  options: { duration: DURATION_OPTION },
  words: { least: 1, most: 1 },
  completes: 'role',
  failsOnOneLine: true,
  async run(call) {
    const { credentials, role } = await borrow(call, call.words[0] ?? '')
    call.world.out(printCredentials('process', credentials, { profile: role }))
    return 0
  },
}
