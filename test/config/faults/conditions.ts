import { below, swap, swapAll, type Case } from './case.ts'

const GRANT = 'roles: [readonly, admin] }'
const asking = (name: string, require: string): Case =>
  swap(name, GRANT, `roles: [readonly, admin], require: ${require} }`)
const roleAsking = (name: string, require: string): Case =>
  swap(name, 'elevated: true', `elevated: true, require: ${require}`)

/** What is asked for beside groups. */
export const CONDITIONS: readonly Case[] = [
  asking('a demand for nothing', '{}'),
  asking('a demand misspelt', '{ mfa_whithin: 10m }'),
  asking('a demand of another product', '{ device_trusted: true }'),
  asking('a second factor nobody can show', '{ mfa_within: 10m }'),
  asking('a second factor without a unit', '{ mfa_within: 600 }'),
  asking('a second factor of last week', '{ mfa_within: 168h }'),
  asking('an address without its prefix', '{ ip: 203.0.113.7 }'),
  asking('an address that no network has', '{ ip: 203.0.113.0/33 }'),
  asking('a host for an address', '{ ip: office.example.com }'),
  asking('all addresses', '{ ip: [0.0.0.0/0] }'),
  asking('no addresses', '{ ip: [] }'),
  asking('opening hours without a zone', '{ time: "Mon-Fri 07:00-20:00" }'),
  asking('hours of a zone that is none', '{ time: "Mon-Fri 07:00-20:00 Europe/Berln" }'),
  asking('hours by a shift from UTC', '{ time: "Mon-Fri 07:00-20:00 +02:00" }'),
  asking('hours of twelve', '{ time: "Mon-Fri 7am-8pm Europe/Berlin" }'),
  asking('an hour that is none', '{ time: "Mon-Fri 07:00-25:00 Europe/Berlin" }'),
  asking('days by another language', '{ time: "Mo-Fr 07:00-20:00 Europe/Berlin" }'),
  asking('hours that are none', '{ time: "Mon 07:00-07:00 Europe/Berlin" }'),
  asking('a reason that may be left out', '{ reason: false }'),
  asking('a reason by a pattern nobody can guess', `{ reason: { pattern: '^INC-[0-9]+$' } }`),
  asking('a reason by a pattern that is not anchored', `{ reason: { pattern: 'INC-[0-9]+', hint: a ticket } }`),
  asking('an approval by nobody', '{ approval: { by: { idp: entra }, valid_for: 4h } }'),
  asking('an approval by everybody', '{ approval: { by: { idp: entra, group: "*" }, valid_for: 4h } }'),
  asking(
    'an approval by an IdP that is not there',
    '{ approval: { by: { idp: entar, group: Leads }, valid_for: 4h } }',
  ),
  asking('an approval that never ends', '{ approval: { by: { idp: entra, group: Leads } } }'),
  asking('an approval for a week', '{ approval: { by: { idp: entra, group: Leads }, valid_for: 168h } }'),
  swapAll(
    'approvals by people of two directories, of whom one has to give both',
    [
      'elevated: true',
      'elevated: true, require: { approval: { by: { idp: keycloak, group: /leads }, valid_for: 4h } }',
    ],
    [GRANT, 'roles: [readonly, admin], require: { approval: { by: { idp: entra, group: Leads }, valid_for: 4h } } }'],
  ),
  roleAsking('a role whose second factor nobody can show', '{ mfa_within: 10m }'),
  swapAll(
    'a variant whose base asks for a second factor nobody can show',
    ['roles:\n', 'roles:\n  look: { role_name: team/Admin, variant_of: admin }\n'],
    ['elevated: true', 'elevated: true, require: { mfa_within: 10m }'],
    [GRANT, 'roles: [readonly, look] }'],
  ),
  roleAsking('a role that asks for hours of a zone that is none', '{ time: "Mon-Fri 07:00-20:00 Mars/Olympus" }'),
  swap(
    'a demand in a deny',
    'deny: { accounts: "env:prod" }',
    'deny: { accounts: "env:prod", require: { ip: [10.0.0.0/8] } }',
  ),
  below('a zone of the file that is none', 'time_zone: Europe/Berln\n'),
]

/** Who runs Rolegate itself: whoever is locked out here is locked out of mending it. */
export const ADMIN: readonly Case[] = [
  below('operators of no IdP', 'admin: { operators: { group: Platform } }\n'),
  below('operators of an IdP that is not there', 'admin: { operators: { idp: entar, group: Platform } }\n'),
  below('operators in no group', 'admin: { operators: { idp: entra } }\n'),
  below('operators in every group', 'admin: { operators: { idp: entra, group: "*" } }\n'),
  below('everyone for operators', 'admin: { operators: { idp: entra, everyone: true } }\n'),
  below('operator for operators', 'admin: { operator: { idp: entra, group: Platform } }\n'),
  below('an empty list of operators', 'admin: { operators: [] }\n'),
]
