import { printDuration } from '../../domain/entitlement/duration.ts'
import type { ListedRole } from '../answers.ts'
import { DURATION_OPTION, secondsAsked } from '../borrow.ts'
import type { Call, Command, Connection } from '../command.ts'
import { openBrowser } from '../open-browser.ts'
import { findOrPickRole, requireRoleOrTerminal } from '../pick-role.ts'

export const openConsole: Command = {
  name: 'console',
  usage: 'rolegate console [ROLE [service|URL]] [--print [-d DURATION]]',
  summary: 'Open the AWS console in a browser, as a role, through the role’s page in the portal.',
  options: {
    print: {
      type: 'boolean',
      about: 'print a console link that needs no further sign-in: a secret, good for 15 minutes',
    },
    duration: { ...DURATION_OPTION, about: 'with --print: how long the console session lasts' },
  },
  words: { least: 0, most: 2 },
  completes: 'role',
  async run(call) {
    const [wanted, destination] = call.words
    requireRoleOrTerminal(call, wanted)
    if (!call.flag('print') && call.text('duration') !== undefined) throw call.misused('-d goes with --print.')
    const seconds = call.flag('print') ? secondsAsked(call) : undefined
    const connection = await call.connect()
    const role = await findOrPickRole(call, (await connection.gateway.roles()).read, wanted)
    if (call.flag('print')) await printLink(role, { destination, seconds }, connection, call)
    else await open(pageOf(role, destination, connection.origin), call)
    return 0
  },
}

type Wish = { readonly destination: string | undefined; readonly seconds: number | undefined }

async function printLink({ role }: ListedRole, { destination, seconds }: Wish, { gateway }: Connection, call: Call) {
  const asked = { role, ...(destination !== undefined && { destination }), ...(seconds !== undefined && { seconds }) }
  const { read: link, json } = await gateway.console(asked)
  call.world.err('Keep this link to yourself: for 15 minutes it opens the console as you, with no further question.\n')
  if (seconds !== undefined && link.seconds < seconds) {
    call.say(`Shortened to ${printDuration(link.seconds)}, by: ${link.limitedBy}.`)
  }
  call.world.out(call.json ? `${JSON.stringify(json, null, 2)}\n` : `${link.url}\n`)
}

/**
 * The role's own page in the portal: the browser's sign-in opens the console from there. A console sign-in URL would be
 * a secret in every process list of this machine (security.md D-24, D-25).
 */
function pageOf({ role }: ListedRole, destination: string | undefined, origin: string): URL {
  const page = new URL(`/roles/${role}`, origin)
  if (destination !== undefined) page.searchParams.set('destination', destination)
  return page
}

async function open(page: URL, { world, say }: Call): Promise<void> {
  const destination = page.searchParams.get('destination')
  if (destination !== null) say(`In the portal, the page to open is: ${destination}`)
  if (!world.env['ROLEGATE_NO_BROWSER'] && (await openBrowser(world, page))) return say(`Opening ${page.href}`)
  say(world.env['ROLEGATE_NO_BROWSER'] ? 'Open this in a browser:' : 'No browser could be started; open this in one:')
  world.out(`${page.href}\n`)
}
