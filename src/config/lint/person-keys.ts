import { listed } from '../../domain/listed.ts'
import type { Findings, Path } from '../faults.ts'
import type { IdpEntry } from '../idp-schema.ts'
import { reachOf } from '../reach.ts'
import type { RequireEntry } from '../require-schema.ts'
import type { ConfigFile } from '../schema.ts'
import { withVariants } from '../variants.ts'
import { isMutable } from './mutable.ts'

const MOST_NAMED = 3

/** threats.md I3: finds whether somebody with two sign-ins could ask with one and approve with the other. */
export function lintPersonKeys(file: ConfigFile, findings: Findings): void {
  file.idps.forEach(({ person_key: key }, index) => {
    if (key !== undefined && isMutable(key))
      findings.warn(
        ['idps', index, 'person_key'],
        `${key} can change and pass to another person, and people are told apart by it [mutable-claim]`,
      )
  })
  lintApprovers(file, findings)
}

type Approval = NonNullable<RequireEntry['approval']>

function lintApprovers(file: ConfigFile, findings: Findings): void {
  const say = ({ by }: Approval, askers: readonly string[], path: Path): void => {
    const approving = file.idps.find(({ id }) => id === by.idp)
    const untold = file.idps.filter(
      (idp) => askers.includes(idp.id) && approving !== undefined && !areToldApart(idp, approving),
    )
    if (untold.length === 0) return
    const others = listed(
      untold.map(({ id }) => id),
      MOST_NAMED,
    )
    findings.warn(
      [...path, 'require', 'approval', 'by', 'idp'],
      `people of ${others} ask, and people of ${by.idp} approve: without a person_key at both, names and addresses alone tell that nobody does both [approval-across-idps]`,
    )
  }
  const grants = file.rules.flatMap((rule, index) =>
    rule.grant === undefined || rule.match.idp === undefined ? [] : [{ rule, index, idp: rule.match.idp }],
  )
  for (const { rule, index, idp } of grants) {
    const approval = rule.grant?.require?.approval
    if (approval !== undefined) say(approval, [idp], ['rules', index, 'grant'])
  }
  for (const [key, { require }] of Object.entries(file.roles)) {
    if (require?.approval === undefined) continue
    const asking = withVariants(new Set([key]), file.roles)
    const granting = grants.filter(({ rule }) => [...reachOf(rule, file).roles.meant].some((one) => asking.has(one)))
    say(
      require.approval,
      granting.map(({ idp }) => idp),
      ['roles', key],
    )
  }
}

/** At one IdP, people are told apart by their identity there; across two, by a key that both state. */
function areToldApart(asking: IdpEntry, approving: IdpEntry): boolean {
  if (asking.id === approving.id || (asking.person_key !== undefined && approving.person_key !== undefined)) return true
  return (
    asking.type === 'oidc' &&
    approving.type === 'oidc' &&
    asking.issuer === approving.issuer &&
    asking.subject === approving.subject
  )
}
