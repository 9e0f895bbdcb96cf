import { parseArgs } from 'node:util'
import type { Config, StsSettings } from '../config/config.ts'
import { didYouMean } from '../config/did-you-mean.ts'
import { NO_EGRESS_PIN } from '../config/lint/egress.ts'
import { samlAddressOf } from '../domain/aws/assertion.ts'
import { expectedTrustPolicy, isPosted, type GatewayAtAws } from '../domain/aws/trust-policy/expected.ts'
import { compileRules, type RuleIndex } from '../domain/entitlement/compile.ts'
import { requireRole } from '../domain/entitlement/find-role.ts'
import type { Account, RoleTarget } from '../domain/entitlement/rule.ts'
import { asRolegateError } from '../domain/errors.ts'
import { plain } from '../domain/plain.ts'
import { misused } from './misused.ts'
import { readConfigFile } from './read-config.ts'

export const USAGE = `rolegate aws trust-policy ROLE --config FILE [--accept no-egress-pin]

Prints the trust policy that a role's IAM role needs, as FILE has it now: paste it, or give it to your Terraform.
A ROLE is alias/role, 123456789012/role or a role ARN. No secret is read, and AWS is not asked.

  --accept no-egress-pin   also for an elevated role that may be taken from anywhere, since its
                           sts entry has no \`egress\`
`

/** IAM User Guide, "IAM and AWS STS quotas": the default, which AWS raises to twice that. */
const MOST_CHARACTERS = 2048

/** `rolegate aws trust-policy`: 0 with the policy on stdout, 3 when the file does not load or the role would stand open. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { config: { type: 'string' }, accept: { type: 'string' } },
  })
  const [what, role, ...others] = positionals
  if (what !== undefined && what !== 'trust-policy')
    return misused('aws', `there is no “${plain(what)}”: say rolegate aws trust-policy ROLE --config FILE`)
  if (role === undefined || others.length > 0 || values.config === undefined)
    return misused('aws', 'say for which role, by which file: rolegate aws trust-policy ROLE --config FILE')
  if (values.accept !== undefined && values.accept !== NO_EGRESS_PIN)
    return refuse(`error: --accept: there is ${NO_EGRESS_PIN} to accept, and not "${values.accept}"\n`, 2)
  const loaded = readConfigFile(values.config, { insecureDev: true, purpose: 'check', withoutSecrets: true })
  if (loaded === undefined) return 3
  const { config } = loaded
  const index = compileRules(config.mapping)
  const target = targetOf(index, role)
  if (target === undefined)
    return refuse(`error: ${values.config} has no role ${role}${didYouMean(role, namesOf(index))}\n`, 2)
  const way = config.sts.get(target.account.sts)
  const gateway = way === undefined ? undefined : gatewayAt(way, target.account, config)
  if (gateway === undefined)
    return refuse(
      `error: ${target.account.alias} takes the IdP’s own assertion (sts.${target.account.sts}): its roles trust the IdP, and not Rolegate\n`,
      2,
    )
  const open = whyOpen(target, gateway, config)
  if (open !== undefined && target.kind.elevated && values.accept !== NO_EGRESS_PIN && way?.acceptsNoPin !== true)
    return refuse(`error: ${target.name} is elevated, and ${open} Or say --accept ${NO_EGRESS_PIN}.\n`, 3)
  if (open !== undefined) process.stderr.write(`warning: ${open}\n`)
  const policy = expectedTrustPolicy(config.mapping, target, gateway)
  const characters = JSON.stringify(policy).length
  if (characters > MOST_CHARACTERS)
    process.stderr.write(
      `warning: it has ${characters} characters without its white space, and IAM takes ${MOST_CHARACTERS} unless your quota was raised\n`,
    )
  process.stdout.write(`${JSON.stringify(policy, null, 2)}\n`)
  return 0
}

/** threats.md F3: a leaked token or signing key opens a role from anywhere unless its trust policy pins addresses. */
function whyOpen(target: RoleTarget, { egress }: GatewayAtAws, { mapping }: Config): string | undefined {
  const { account } = target
  if (isPosted(mapping, target))
    return `browsers post our assertion to AWS in ${account.alias} (console: saml_post), so this role is pinned to no address.`
  if (egress !== undefined) return undefined
  const drops = target.kind.sessionPolicy === undefined ? '' : ', without its session policy'
  return `sts.${account.sts} has no egress: whoever gets hold of a token for it takes the role from anywhere${drops}. Write where the gateway’s calls come from: egress: { cidrs: [...] } or { vpce: ... }.`
}

function gatewayAt(way: StsSettings, account: Account, { issuer }: Config): GatewayAtAws | undefined {
  if (way.passThrough !== undefined) return undefined
  const { egress } = way
  const pin = { ...(egress !== undefined && { egress }) }
  if (way.saml === undefined) return { ...pin, issuer: issuer.url, audience: way.audience }
  return { ...pin, providerName: way.saml.providerName, recipient: samlAddressOf(account, way.saml).recipient }
}

function targetOf(index: RuleIndex, role: string): RoleTarget | undefined {
  try {
    return requireRole(index, role)
  } catch (thrown) {
    asRolegateError(thrown)
    return undefined
  }
}

const namesOf = ({ mapping: { accounts, roles } }: RuleIndex): readonly string[] =>
  [...accounts.keys()].flatMap((alias) => [...roles.keys()].map((key) => `${alias}/${key}`))

function refuse(text: string, exit: number): number {
  process.stderr.write(text)
  return exit
}
