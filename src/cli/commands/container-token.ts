import { resolve } from 'node:path'
import { printDuration } from '../../domain/entitlement/duration.ts'
import type { Call, Command } from '../command.ts'
import { exchangeForContainerToken } from '../oauth.ts'
import { findOrPickRole, requireRoleOrTerminal } from '../pick-role.ts'
import { writePrivate } from '../private-file.ts'

export const containerToken: Command = {
  name: 'container-token',
  usage: 'rolegate container-token [ROLE] --file FILE | rolegate container-token [ROLE] > FILE',
  summary: 'Write a token for a container: good for one role and an hour, and for nothing else.',
  options: {
    file: {
      type: 'string',
      value: 'FILE',
      about: 'write it there, for its owner alone, and print what the container needs',
    },
  },
  words: { least: 0, most: 1 },
  completes: 'role',
  async run(call) {
    const { world, text, words, misused } = call
    requireRoleOrTerminal(call, words[0])
    const file = text('file')
    // A token scrolled past on a screen is a token in a screenshot (threats.md D15).
    if (file === undefined && world.isTty.stdout) throw misused('A token is not for a screen: name a file with --file.')
    const { gateway, send, accessToken, origin } = await call.connect()
    const { role } = await findOrPickRole(call, (await gateway.roles()).read, words[0])
    const { token, expiresInSeconds } = await exchangeForContainerToken(send, await accessToken(), role)
    // No newline at its end: SDKs send the file as it is, and botocore refuses one.
    if (file === undefined) world.out(token)
    else await keep(call, resolve(file), { token, uri: `${origin}/v1/container-credentials/${role}` })
    call.say(`Good for ${role}, for ${printDuration(expiresInSeconds)}, while you are signed in.`)
    return 0
  },
}

/** The two variables go to stdout, as `docker run --env-file` reads them; neither is a secret. */
async function keep(
  { world, json }: Call,
  file: string,
  { token, uri }: { token: string; uri: string },
): Promise<void> {
  await writePrivate(file, token)
  const variables = { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file }
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`)
  world.out(json ? `${JSON.stringify(variables)}\n` : lines.join(''))
}
