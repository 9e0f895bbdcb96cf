import type { ConfigFacts } from '../../domain/aws/config-file/facts.ts'
import { inspectConfig, type Inspected } from '../../domain/aws/config-file/inspect.ts'
import { asRolegateError } from '../../domain/errors.ts'
import { configFile, credentialsFile, readText } from '../aws-config/files.ts'
import { mergeFailure } from '../aws-config/merge.ts'
import { listed } from '../../domain/listed.ts'
import type { CliWorld } from '../world.ts'
import { fail, failed, ok, warn, type Finding } from './finding.ts'

const CHECK = 'config file'

/** Whether the stock tools find every role, and find the gateway rather than AWS itself. */
export async function checkConfigFile(world: CliWorld, facts: ConfigFacts): Promise<readonly Finding[]> {
  const path = configFile(world)
  try {
    const [config, credentials] = await Promise.all([readText(path), readText(credentialsFile(world))])
    const found = findings(inspect(facts, config, credentials, path), path, world)
    const bom = config.startsWith('\uFEFF')
      ? [
          warn(
            CHECK,
            `${path} begins with a byte order mark, and Python’s tools cannot read it.`,
            'Save it without one.',
          ),
        ]
      : []
    return found.length + bom.length > 0 ? [...found, ...bom] : [ok(CHECK, asItShouldBe(path, facts))]
  } catch (thrown) {
    return [failed(CHECK, thrown)]
  }
}

/** Roles that no AWS tool can take get no profile, and `configure` would write nothing for them. */
function asItShouldBe(path: string, { roles, others = [] }: ConfigFacts): string {
  if (others.length === 0) return `${path} has a profile for each of your roles.`
  const more = `${listed(others.map(({ alias, role }) => `${alias}/${role}`))}: taken with rolegate exec or rolegate console`
  if (roles.length === 0) return `${path} needs no profile, for no AWS tool can take what you have. ${more}.`
  return `${path} has a profile for each of your roles that AWS tools can take. Without one, ${more}.`
}

function inspect(facts: ConfigFacts, config: string, credentials: string, path: string): Inspected {
  try {
    return inspectConfig(facts, config, credentials)
  } catch (thrown) {
    throw mergeFailure(asRolegateError(thrown), path)
  }
}

function findings(found: Inspected, path: string, world: CliWorld): readonly Finding[] {
  const { absent, outdated, missing, vanished, twice, shadowed, misled, programs } = found
  const again = 'rolegate configure'
  const some = (names: readonly string[], finding: (names: string) => Finding) =>
    names.length > 0 ? [finding(listed(names))] : []
  const tokens = (names: string) =>
    `Add the services line of our block to ${names}, or set AWS_ENDPOINT_URL_SSO and AWS_ENDPOINT_URL_SSO_OIDC.`
  const led = world.env['AWS_ENDPOINT_URL_SSO'] && world.env['AWS_ENDPOINT_URL_SSO_OIDC']
  return [
    ...(absent && missing.length > 0 ? [warn(CHECK, `${path} has no profiles of this gateway.`, again)] : []),
    ...(outdated ? [fail(CHECK, `${path} does not say what the gateway says of itself.`, again)] : []),
    ...(absent ? [] : some(missing, (names) => warn(CHECK, `No profile yet for ${names}.`, again))),
    ...some(vanished, (names) => warn(CHECK, `No longer among your roles: ${names}.`, `${again} --prune`)),
    ...some(twice, (names) =>
      fail(CHECK, `${path} has these twice, so that Python’s tools refuse the whole file: ${names}.`, 'Remove yours.'),
    ),
    ...some(shadowed, (names) =>
      warn(CHECK, `The credentials file has these too, and its keys win: ${names}.`, 'Remove them there.'),
    ),
    ...(led ? [] : some(misled, (names) => fail(CHECK, `Sign in at AWS itself, not here: ${names}.`, tokens(names)))),
    ...some(
      programs.filter((program) => !world.exists(program)),
      (names) => fail(CHECK, `Profiles ask a program that is not there any more: ${names}.`, `${again} --mode process`),
    ),
  ]
}
