import { printDuration } from '../../domain/entitlement/duration.ts'
import type { Whoami } from '../answers.ts'
import type { Command } from '../command.ts'
import { localTime } from '../local-time.ts'
import { inColumns } from '../table.ts'
import type { CliWorld } from '../world.ts'

export const whoami: Command = {
  name: 'whoami',
  usage: 'rolegate whoami [--short]',
  summary: 'Show who is signed in, and for how long.',
  options: { short: { type: 'boolean', about: 'one line, for a prompt: alice@example.com 3h12m' } },
  words: { least: 0, most: 0 },
  async run({ connect, world, json, flag }) {
    const { gateway, origin } = await connect()
    const { read: me, json: answer } = await gateway.whoami()
    if (json) world.out(`${JSON.stringify(answer, null, 2)}\n`)
    else world.out(flag('short') ? `${me.username} ${left(me, world)}\n` : described(me, origin, world))
    return 0
  },
}

function described(me: Whoami, origin: string, world: CliWorld): string {
  const until = localTime(me.expiresAt, world.now(), world.timeZone)
  const rows = [
    ['Signed in as', me.username],
    ['Subject', me.subject],
    ['Identity provider', me.idp],
    ['Groups', `${me.groupCount}${me.groupsTruncated ? ' (the identity provider left some out)' : ''}`],
    ['Gateway', origin],
    ['Session', `${me.via}, until ${until} (${left(me, world)} left)`],
  ]
  return `${inColumns(rows).join('\n')}\n`
}

/** Whole minutes: `3h12m`. */
function left({ expiresAt }: Whoami, { now }: CliWorld): string {
  const minutes = Math.floor((expiresAt.getTime() - now().getTime()) / 60_000)
  return minutes < 1 ? '0m' : printDuration(minutes * 60)
}
