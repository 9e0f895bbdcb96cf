import type { Command } from './command.ts'

/**
 * Every command, in the order of the help. Only the command that is named gets loaded, so `credential-process` does not
 * pay for what `configure` needs.
 */
export const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['login', async () => (await import('./commands/login.ts')).login],
  ['logout', async () => (await import('./commands/logout.ts')).logout],
  ['sessions', async () => (await import('./commands/sessions.ts')).sessions],
  ['whoami', async () => (await import('./commands/whoami.ts')).whoami],
  ['list', async () => (await import('./commands/list.ts')).list],
  ['exec', async () => (await import('./commands/exec.ts')).exec],
  ['env', async () => (await import('./commands/env.ts')).env],
  ['console', async () => (await import('./commands/console.ts')).openConsole],
  ['credential-process', async () => (await import('./commands/credential-process.ts')).credentialProcess],
  ['container-token', async () => (await import('./commands/container-token.ts')).containerToken],
  ['request', async () => (await import('./commands/request.ts')).request],
  ['requests', async () => (await import('./commands/requests.ts')).requests],
  ['approve', async () => (await import('./commands/approve.ts')).approve],
  ['configure', async () => (await import('./commands/configure.ts')).configure],
  ['explain', async () => (await import('./commands/explain.ts')).explain],
  ['doctor', async () => (await import('./commands/doctor.ts')).doctor],
  ['completion', async () => (await import('./commands/completion.ts')).completion],
  ['version', async () => (await import('./commands/version.ts')).version],
])

/**
 * Other names of some commands, listed here so that no command is loaded to find them; the command's help names them
 * too.
 */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['ls', 'list'],
  ['export', 'env'],
  ['eval', 'env'],
])

/** The command of this name or alias. */
export const commandNamed = async (name: string | undefined): Promise<Command | undefined> =>
  COMMANDS.get(ALIASES.get(name ?? '') ?? name ?? '')?.()

/** All of them: for the overview. */
export const everyCommand = (): Promise<readonly Command[]> =>
  Promise.all([...COMMANDS.values()].map(async (load) => load()))
