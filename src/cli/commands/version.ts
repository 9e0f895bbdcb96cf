import type { Command } from '../command.ts'

export const version: Command = {
  name: 'version',
  usage: 'rolegate version',
  summary: 'Print the version of this program.',
  options: {},
  words: { least: 0, most: 0 },
  async run({ world, json }) {
    world.out(json ? `${JSON.stringify({ version: world.version })}\n` : `rolegate ${world.version}\n`)
    return 0
  },
}
