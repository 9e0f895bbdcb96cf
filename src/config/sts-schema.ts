import * as z from 'zod'
import { PARTITIONS } from '../domain/aws/partition.ts'
import { line, name, region } from './fields.ts'
import { clientAuthentication } from './idp-schema.ts'

const vpce = z.string().regex(/^vpce-[0-9a-f]{8,17}$/, 'must be the id of a VPC endpoint, as in vpce-0a1b2c3d4e5f60718')

const egress = z
  .strictObject({
    cidrs: z.array(line).min(1, 'must not be empty').optional().describe('Public networks (CIDR).'),
    vpce: z
      .array(vpce)
      .min(1, 'must not be empty')
      .optional()
      .describe('In place of them: ids of VPC endpoints for STS.'),
  })
  .optional()
  .describe('Where our calls to AWS come from. `rolegate aws trust-policy` pins roles to it.')

export const sts = z.strictObject({
  strategy: z
    .enum(['web_identity', 'saml', 'pass_through_saml', 'pass_through_oidc'])
    .default('web_identity')
    .describe(
      'How credentials are had: with a token or a SAML assertion of ours, or with the IdP’s own (pass-through).',
    ),
  idp: name.optional().describe('Pass-through: the IdP whose own assertion or ID token goes to AWS.'),
  client_id: line
    .optional()
    .describe('Strategy pass_through_oidc: the client id AWS knows as audience; never one that people sign in with.'),
  ...clientAuthentication,
  audience: line
    .optional()
    .describe('`aud` of our tokens; default the partition’s own. One per partition and endpoint.'),
  region: region.optional().describe('Whose STS is asked; default the partition’s first region.'),
  partition: z.enum(PARTITIONS).default('aws').describe('Which of AWS’s separate worlds.'),
  endpoint: line.optional().describe('STS in place of AWS’s own. Needs an audience of its own unless it is AWS’s.'),
  egress,
  accept: z
    .literal('no-egress-pin')
    .optional()
    .describe('`no-egress-pin`: its roles are pinned to no address on purpose, elevated ones too.'),
  federation_endpoint: line.optional().describe('The console’s sign-in endpoint in place of AWS’s own.'),
  provider_name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be the name of an IAM SAML provider')
    .optional()
    .describe('Name of the IAM SAML provider in each account: ours (strategy saml; default `rolegate`), or the IdP’s.'),
  saml_endpoint: line
    .optional()
    .describe('Strategies with SAML: AWS’s SAML sign-in address (Recipient) in place of the partition’s own.'),
  saml_encryption_cert_file: line
    .optional()
    .describe('Strategy saml: PEM certificate the IAM SAML provider decrypts with; assertions are encrypted to it.'),
  console_hosts: z
    .array(
      z
        .string()
        .regex(
          /^([a-z0-9.-]{1,253}|\[[0-9a-f:]{2,39}\])(:[0-9]{1,5})?$/,
          'must be a host, or host:port, in lower case',
        ),
    )
    .min(1, 'must not be empty')
    .optional()
    .describe('Hosts the console may be on, in place of the partition’s own.'),
})
