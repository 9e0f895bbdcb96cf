import { printDuration } from '../../domain/entitlement/duration.ts'
import { approvalSeconds, REASON_OPTION, reasonGiven } from '../borrow.ts'
import type { Call, Command } from '../command.ts'
import { localTime } from '../local-time.ts'
import { findOrPickRole, requireRoleOrTerminal } from '../pick-role.ts'
import type { RoleRequest } from '../role-requests.ts'
import { tellAnswer, waitForAnswer } from '../wait-for-answer.ts'
import { sendThis, whenOf } from '../what-waits.ts'

export const request: Command = {
  name: 'request',
  usage: 'rolegate request ROLE --reason TEXT [--for DURATION] [--wait]',
  summary: 'Ask for a role that somebody else has to approve.',
  options: {
    reason: { ...REASON_OPTION, about: 'why you need it: whoever answers reads it, and it goes on record' },
    for: {
      type: 'string',
      value: 'DURATION',
      about:
        'for how long, from the approval on: 30m at least; default, and at most, what an approval of it is good for',
    },
    wait: { type: 'boolean', about: 'wait until somebody has answered; Ctrl-C leaves the request open' },
  },
  words: { least: 0, most: 1 },
  completes: 'role',
  async run(call) {
    const [wanted] = call.words
    requireRoleOrTerminal(call, wanted)
    const reason = reasonGiven(call)
    if (reason === undefined) throw call.misused('Say why you need it, with --reason.')
    const typed = call.text('for')
    const seconds = typed === undefined ? undefined : approvalSeconds(typed, call)
    const { gateway, origin } = await call.connect()
    const { role, isPending } = await findOrPickRole(call, (await gateway.roles()).read, wanted)
    const { read: asked, json } = await gateway.ask({ role, reason, ...(seconds !== undefined && { seconds }) })
    tellAsked(call, asked, { origin, reason, seconds, isPending })
    if (!call.flag('wait')) {
      call.world.out(call.json ? `${JSON.stringify(json, null, 2)}\n` : `${asked.id}\n`)
      if (asked.status === 'approved') return 0
      // Asked it is; but whoever goes on to take the role, in a script, has to know that nobody has said yes.
      return PENDING
    }
    const answered = await waitForAnswer(call, gateway, asked, asked.expiresAt)
    tellAnswer(call, answered)
    call.world.out(call.json ? `${JSON.stringify((await gateway.request(asked.id)).json, null, 2)}\n` : `${asked.id}\n`)
    return 0
  },
}

const PENDING = 7

/** Even with -q: without the address nobody can be told of it. It holds no secret. */
function tellAsked(
  { world, say, flag }: Call,
  asked: RoleRequest,
  wish: {
    readonly origin: string
    readonly reason: string
    readonly seconds: number | undefined
    readonly isPending: boolean
  },
): void {
  const { id, role, reason, seconds, askedAt, expiresAt } = asked
  // A request that waits is not asked anew: what was asked for first stands.
  const isOther = reason !== wish.reason || (wish.seconds !== undefined && seconds > wish.seconds)
  const isOlder = wish.isPending || isOther
  if (isOlder) {
    const when = whenOf(askedAt, world)
    say(`You asked for ${role} ${when}, for ${printDuration(seconds)}, and that request still waits: “${reason}”`)
    if (isOther) say(`To ask otherwise, take it back first: rolegate requests cancel ${id}`)
  } else if (wish.seconds !== undefined && seconds < wish.seconds)
    say(`Shortened to ${printDuration(seconds)}: an approval of it is good for no longer.`)
  world.err(
    `${isOlder ? 'Nothing new is asked' : `Asked for ${role}, for ${printDuration(seconds)}`}. ${sendThis(asked, wish.origin)}\n`,
  )
  if (flag('wait')) say(`Waiting until somebody answers, or ${localTime(expiresAt, world.now(), world.timeZone)}.`)
  else say(`It is open until ${localTime(expiresAt, world.now(), world.timeZone)}. See how it goes: rolegate requests`)
}
