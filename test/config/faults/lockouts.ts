import { aPrincipal } from '../../support/a-principal.ts'
import { BASE, below, type Case } from './case.ts'

/** What was in force: two people of this group operate. */
export const FORMER = `${BASE}admin: { operators: { idp: entra, group: Platform } }\n`

/** They came lately, and so did somebody who never operated. */
export const LATELY = ['Platform', 'Platform', 'Team'].map((group, n) =>
  aPrincipal({ idp: 'entra', subject: `person-${n}`, groups: [group] }),
)

/** Files that load, and are refused beside the one in force: all who operate would be locked out (threats.md R8). */
export const LOCKOUTS: readonly Case[] = [
  { name: 'nobody operates any more', text: BASE },
  below('auditors in place of operators', 'admin: { auditors: { idp: entra, group: Platform } }\n'),
  below('a group of operators misspelt', 'admin: { operators: { idp: entra, group: Platfrom } }\n'),
  below('operators in another case', 'admin:\n  operators:\n    idp: entra\n    group: platform\n'),
  below('operators of another directory', 'admin: { operators: { idp: okta, group: Platform } }\n'),
  below('operators of a list that leaves them out', 'admin: { operators: [{ idp: entra, any_of: [Leads, SRE] }] }\n'),
]
