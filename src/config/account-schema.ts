import * as z from 'zod'
import { freeText, label, name, region } from './fields.ts'

function whatItIs(input: unknown): string {
  if (typeof input !== 'string' || !/^[0-9]+$/.test(input)) return ' and nothing else'
  return `, and has ${input.length}${input.length === 11 ? ': was a zero lost at its beginning?' : ''}`
}

export const account = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9]{12}$/, { error: ({ input }) => `must be twelve digits${whatItIs(input)}` })
    .describe('The twelve digits of the AWS account.'),
  name: freeText.optional().describe('What people read; default the alias.'),
  env: label.optional().describe('Environment, for the selector `env:NAME` and for display.'),
  tags: z.array(label).default([]).describe('Words of your own, for the selector `tag:NAME`.'),
  color: z
    .enum(['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'grey'])
    .optional()
    .describe('Colour of the environment’s mark on pages.'),
  owner: freeText.optional().describe('Whom to ask, shown to people.'),
  sts: name.default('default').describe('Key of the `sts` entry that reaches it.'),
  region: region.optional().describe('Where STS is asked and the console opens; default that of the `sts` entry.'),
  console: z
    .enum(['federation', 'saml_post'])
    .default('federation')
    .describe('How its console is opened: a sign-in URL, or the browser posting our assertion to AWS (strategy saml).'),
  accept_risk: freeText
    .optional()
    .describe('Why the IdP’s own assertion may open this account. Needed where its `sts` entry passes that through.'),
})
