import { checkFacts, NEEDS, type ConfigFacts } from '../../domain/aws/config-file/facts.ts'
import { malformed } from '../answers.ts'
import { failure } from '../failure.ts'
import { recordOf } from '../record.ts'

export type AwsConfig = { readonly facts: ConfigFacts; readonly gatewayVersion: string }

/**
 * Reads the facts out of `GET /v1/aws-config`. The lines are built here from checked fields, whatever else the answer
 * holds (threats.md D13), and the facts must be about the gateway that was asked.
 */
export function readAwsConfig(body: unknown, origin: string): AwsConfig {
  const answer = recordOf(body)
  if (answer['origin'] !== origin) {
    throw failure('gateway_unreachable', {
      title: `${origin} says that it is another gateway`,
      detail: 'A config file may name no other address than the one you signed in at.',
      next: 'Sign in at the gateway’s own address (its server.public_url).',
    })
  }
  const { profiles } = answer
  if (!Array.isArray(profiles)) throw malformed('profiles')
  const facts = {
    origin,
    startUrl: textOf(answer['startUrl']),
    ssoRegion: textOf(answer['ssoRegion']),
    roles: profiles.map(readProfile),
    others: listOf(answer['withoutProfile']).map(readOther),
  }
  try {
    return { facts: checkFacts(facts), gatewayVersion: textOf(answer['gatewayVersion']) }
  } catch {
    throw malformed('profiles, startUrl or ssoRegion')
  }
}

function readProfile(body: unknown) {
  const profile = recordOf(body)
  const [alias = '', role = '', ...rest] = textOf(profile['role']).split('/')
  if (rest.length > 0 || profile['roleName'] !== role) throw malformed('profiles.role')
  return { alias, role, accountId: textOf(profile['accountId']), region: textOf(profile['region']) }
}

/** What a newer gateway may ask for beside is unknown here, and left to its words. */
function readOther(body: unknown) {
  const other = recordOf(body)
  const [alias = '', role = '', ...rest] = textOf(other['role']).split('/')
  if (rest.length > 0) throw malformed('withoutProfile.role')
  const asked = listOf(other['needs'])
  return { alias, role, accountId: textOf(other['accountId']), needs: NEEDS.filter((need) => asked.includes(need)) }
}

/** Older gateways say nothing of it. */
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Checked further on: what is no text fits nothing. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
