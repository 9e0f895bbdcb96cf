import type { Request, Response } from 'express'
import * as z from 'zod'
import { sessionNameOf, type ConfigFacts } from '../domain/aws/config-file/facts.ts'
import { printBlock } from '../domain/aws/config-file/merge.ts'
import { nameRoles } from '../domain/aws/config-file/profile-names.ts'
import { savedBlock } from '../domain/aws/config-file/setup-commands.ts'
import type { Sha256 } from '../domain/aws/session-name.ts'
import { sendCompressed } from './compressed.ts'
import { parse } from './parse.ts'

const Query = z.strictObject({ format: z.enum(['json', 'text']).optional() })

/**
 * `GET /v1/aws-config`: facts for a client that writes its own lines, or the text for `~/.aws/config`. Neither names a
 * command to run, nor any host but our own (threats.md D13).
 */
export async function sendAwsConfig(
  req: Request,
  res: Response,
  facts: ConfigFacts,
  { version, sha256 }: { readonly version: string; readonly sha256: Sha256 },
): Promise<void> {
  const { format = req.accepts(['json', 'text/plain']) === 'text/plain' ? 'text' : 'json' } = parse(Query, req.query)
  const answer =
    format === 'json' ? res.type('json') : res.attachment(savedBlock(facts, sha256).name).type('text/plain')
  await sendCompressed(req, answer, format === 'json' ? JSON.stringify(jsonOf(facts, version)) : printBlock(facts))
}

const jsonOf = ({ origin, startUrl, ssoRegion, roles, others = [] }: ConfigFacts, version: string) => ({
  origin,
  session: sessionNameOf(origin),
  startUrl,
  ssoRegion,
  gatewayVersion: version,
  profiles: nameRoles(roles).map(({ name, alias, role, accountId, region }) => ({
    name,
    role: `${alias}/${role}`,
    accountId,
    roleName: role,
    region,
  })),
  withoutProfile: others.map(({ alias, role, accountId, needs }) => ({ role: `${alias}/${role}`, accountId, needs })),
})
