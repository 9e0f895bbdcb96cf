import type { Command } from '../command.ts'

/** Each shell's script is a file of its own beside the program, so that it can be read and linted as a script. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['bash', 'rolegate.bash'],
  ['zsh', 'rolegate.zsh'],
  ['fish', 'rolegate.fish'],
  ['powershell', 'rolegate.ps1'],
])
const SHELLS = [...FILES.keys()]

export const completion: Command = {
  name: 'completion',
  usage: `rolegate completion ${SHELLS.join('|')}`,
  summary: 'Print what makes a shell complete commands, options and your roles.',
  options: {},
  words: { least: 1, most: 1 },
  completes: SHELLS,
  async run({ words: [shell = ''], world, misused }) {
    const file = FILES.get(shell)
    if (file === undefined) throw misused(`“${shell}” is none of ${SHELLS.join(', ')}.`)
    world.out(await world.ownFile(`completions/${file}`))
    return 0
  },
}
