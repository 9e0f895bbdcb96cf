import { printDuration } from '../../domain/entitlement/duration.ts'
import type { ListedRole } from '../answers.ts'
import type { Command } from '../command.ts'
import { inColumns, toCsv } from '../table.ts'

const FORMS = ['table', 'json', 'csv']

export const list: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'rolegate list [-o table|json|csv]',
  summary: 'List the roles you may take. Never starts a sign-in.',
  options: {
    output: { type: 'string', short: 'o', value: 'FORM', oneOf: FORMS, about: 'table (default), json or csv' },
  },
  words: { least: 0, most: 0 },
  async run({ connect, world, json, text, say, misused }) {
    const form = text('output') ?? (json ? 'json' : 'table')
    if (!FORMS.includes(form)) throw misused(`“${form}” is no form: write ${FORMS.join(', ')}.`)
    const { gateway } = await connect()
    const { read: roles, json: answer } = await gateway.roles()
    if (form === 'json') world.out(`${JSON.stringify(answer, null, 2)}\n`)
    else if (form === 'csv') world.out(toCsv(csvRows(roles)))
    else if (roles.length > 0) world.out(`${inColumns(tableRows(roles)).join('\n')}\n`)
    if (roles.length === 0) say('No role is open to you.')
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
    `${role.state.replaceAll('_', ' ')}${role.elevated ? ' (elevated)' : ''}`,
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
