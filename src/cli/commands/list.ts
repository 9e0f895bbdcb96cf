import { printDuration } from '../../domain/entitlement/duration.ts'
import type { ListedRole } from '../answers.ts'
import type { Command } from '../command.ts'
import { listingFor, output } from '../listing.ts'

export const list: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'rolegate list [-o table|json|csv]',
  summary: 'List the roles you may take. Never starts a sign-in.',
  options: {
    output,
  },
  words: { least: 0, most: 0 },
  async run(call) {
    const print = listingFor(call)
    const { read: roles, json: answer } = await (await call.connect()).gateway.roles()
    print({ answer, table: () => tableRows(roles), csv: () => csvRows(roles) })
    if (roles.length === 0) call.say('No role is open to you.')
    return 0
  },
}

const tableRows = (roles: readonly ListedRole[]) => [
  ['ROLE', 'ACCOUNT', 'NAME', 'ENV', 'MAX', 'STATE'],
  ...roles.map((role) => [
    role.role,
    role.accountId,
    role.accountName || '-',
    role.environment || '-',
    printDuration(role.maxSeconds),
    `${role.isPending ? 'waits for approval' : role.state.replaceAll('_', ' ')}${role.elevated ? ' (elevated)' : ''}`,
  ]),
]

const csvRows = (roles: readonly ListedRole[]) => [
  ['role', 'account_id', 'account_name', 'environment', 'arn', 'max_seconds', 'elevated', 'state'],
  ...roles.map((role) => [
    role.role,
    role.accountId,
    role.accountName,
    role.environment,
    role.arn,
    String(role.maxSeconds),
    String(role.elevated),
    role.state,
  ]),
]
