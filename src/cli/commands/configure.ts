import type { ConfigFacts } from '../../domain/aws/config-file/facts.ts'
import { splitAtBlock } from '../../domain/aws/config-file/block.ts'
import { configFile, replaceText } from '../aws-config/files.ts'
import { planConfig, processWay, type Planned } from '../aws-config/merge.ts'
import type { Call, Command } from '../command.ts'
import { listed } from '../../domain/listed.ts'
import { unifiedDiff } from '../unified-diff.ts'

export const configure: Command = {
  name: 'configure',
  usage: 'rolegate configure [--diff|--print] [--prune] [--mode sso|process] [--template T] [--file FILE]',
  summary: 'Write a profile for each of your roles into ~/.aws/config, for the stock AWS tools.',
  options: {
    diff: { type: 'boolean', about: 'show what would change, as diff -u does, and write nothing; exit 0 either way' },
    print: { type: 'boolean', about: 'print our block, and write nothing' },
    prune: { type: 'boolean', about: 'remove the profiles of roles that are no longer yours' },
    mode: {
      type: 'string',
      value: 'MODE',
      oneOf: ['sso', 'process'],
      about: 'sso (default): the tools sign in themselves; process: they ask this program, for tools that cannot',
    },
    template: {
      type: 'string',
      value: 'T',
      about: 'how profiles are called, by {alias}, {role}, {account}, {region}; default {alias}.{role}',
    },
    file: { type: 'string', value: 'FILE', about: 'the file; default AWS_CONFIG_FILE, then ~/.aws/config' },
  },
  words: { least: 0, most: 0 },
  async run(call) {
    const { world, text, flag, misused } = call
    const mode = text('mode') ?? 'sso'
    if (mode !== 'sso' && mode !== 'process') throw misused(`“${mode}” is no mode: write sso or process.`)
    if (flag('diff') && flag('print')) throw misused('--diff and --print are two questions.')
    const template = text('template')
    const { gateway } = await call.connect()
    const { facts } = (await gateway.awsConfig()).read
    const planned = await planConfig(world, text('file') ?? configFile(world), facts, {
      way: mode === 'process' ? processWay(world) : { mode },
      prune: flag('prune'),
      ...(template !== undefined && { template }),
    })
    const isDry = flag('diff') || flag('print')
    if (!isDry && planned.text !== planned.before) await replaceText(planned.path, planned.text)
    if (call.json) world.out(`${JSON.stringify(summaryOf(planned, isDry), null, 2)}\n`)
    else if (flag('diff')) world.out(unifiedDiff(planned.before, planned.text, planned.path))
    else if (flag('print')) world.out(splitAtBlock(planned.text, facts.origin).block ?? '')
    report(planned, facts, { isDry, next: mode === 'sso' }, call)
    return 0
  },
}

const summaryOf = ({ path, before, text, written, kept, removed, skipped, shadowed }: Planned, isDry: boolean) => ({
  file: path,
  differs: text !== before,
  saved: !isDry && text !== before,
  profiles: written,
  kept,
  removed,
  skipped,
  shadowed,
})

function report(
  planned: Planned,
  { others = [] }: ConfigFacts,
  { isDry, next }: { isDry: boolean; next: boolean },
  { say, world }: Call,
): void {
  const { path, before, text, written, kept, removed, skipped, shadowed } = planned
  const count = `${written.length} ${written.length === 1 ? 'profile' : 'profiles'}`
  if (text === before) say(`${path} is as it should be: ${count}.`)
  else say(isDry ? `${path} is not written; it would have ${count} of ours.` : `Wrote ${count} to ${path}.`)
  const warn = (names: readonly string[], line: string) =>
    names.length > 0 ? world.err(`${line}: ${listed(names)}\n`) : undefined
  warn(skipped, 'Not written, because the file has profiles of these names outside our block')
  warn(shadowed, 'Your credentials file has the same names, and its keys win: remove them there')
  if (others.length > 0)
    say(
      [
        `Without a profile, since no AWS tool can confirm, give a reason or wait for an approval: ${listed(others.map(({ alias, role }) => `${alias}/${role}`))}.`,
        'Take them with rolegate exec or rolegate console.',
        ...(others.some(({ needs }) => needs.includes('elevated'))
          ? ['Elevated ones take a sign-in by a browser on this machine, not by a code.']
          : []),
      ].join(' '),
    )
  if (kept.length > 0) say(`Kept, though no longer among your roles (--prune removes them): ${listed(kept)}`)
  if (removed.length > 0) say(`${isDry ? 'Would be removed' : 'Removed'}: ${listed(removed)}`)
  const [first] = written
  if (next && !isDry && first !== undefined) say(`Sign in: aws sso login --profile ${first}`)
}
