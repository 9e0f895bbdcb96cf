import type { Command } from '../command.ts'
import { readExplained } from '../explained.ts'
import { findRole } from '../find-role.ts'
import type { Gateway } from '../gateway.ts'
import { tellExplained } from '../tell-explained.ts'
import type { ImaginedAsk } from '../world.ts'

export const explain: Command = {
  name: 'explain',
  usage: 'rolegate explain ROLE [--as-groups a,b --idp ID] [--config FILE]',
  summary: 'Say why you may take a role, or why not, and whom to ask.',
  options: {
    'as-groups': {
      type: 'string',
      value: 'a,b',
      about: 'say it of somebody in these groups: for operators and auditors',
    },
    idp: { type: 'string', value: 'ID', about: 'the IdP that states those groups' },
    config: { type: 'string', value: 'FILE', about: 'ask this file in place of a gateway' },
  },
  words: { least: 1, most: 1 },
  completes: 'role',
  async run({ connect, world, json, words, text, misused }) {
    const wanted = words[0] ?? ''
    const as = imaginedBy(text('as-groups'), text('idp'), misused)
    const file = text('config')
    if (file !== undefined && as === undefined) throw misused('--config asks of nobody yet: add --as-groups and --idp.')
    const { read, json: answer } = file !== undefined && as !== undefined ? await byFile(file, as) : await byGateway()
    world.out(json ? `${JSON.stringify(answer, null, 2)}\n` : `${tellExplained(read).join('\n')}\n`)
    return 0

    async function byGateway() {
      const { gateway } = await connect()
      return as === undefined ? gateway.explain(await nameOf(wanted, gateway)) : gateway.explain(wanted, as)
    }

    async function byFile(path: string, somebody: ImaginedAsk['as']) {
      const told = await world.explainFile(path, { role: wanted, as: somebody })
      return { read: readExplained(told), json: told }
    }

    /** A whole name is asked about as it is: it may be a role that is not theirs. A beginning means one of theirs. */
    async function nameOf(name: string, gateway: Gateway): Promise<string> {
      if (/^arn:|^[a-z0-9-]+\/[a-z0-9-]+$/.test(name)) return name
      return findRole((await gateway.roles()).read, name).role
    }
  },
}

/** Somebody as these options describe them; neither given: whoever asks. */
function imaginedBy(
  groups: string | undefined,
  idp: string | undefined,
  misused: (detail: string) => Error,
): ImaginedAsk['as'] | undefined {
  if (groups === undefined && idp === undefined) return undefined
  if (idp === undefined) throw misused('--as-groups needs --idp ID: the same name is another group elsewhere.')
  return { idp, groups: (groups ?? '').split(',').flatMap((group) => group.trim() || []) }
}
