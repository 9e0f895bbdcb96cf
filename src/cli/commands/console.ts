import { isService } from '../../domain/aws/destination.ts'
import { isRegion } from '../../domain/aws/partition.ts'
import { printDuration } from '../../domain/entitlement/duration.ts'
import type { ListedRole } from '../answers.ts'
import { DURATION_OPTION, REASON_OPTION, lengthIn, reasonGiven, secondsAsked } from '../borrow.ts'
import type { Call, Command, Connection } from '../command.ts'
import { withConfirmation } from '../confirm.ts'
import { openBrowser } from '../open-browser.ts'
import { findOrPickRole, requireRoleOrTerminal } from '../pick-role.ts'
import { oneLine } from '../server-text.ts'
import { sayingWhatWaits } from '../what-waits.ts'

export const openConsole: Command = {
  name: 'console',
  usage: 'rolegate console [ROLE [service|URL]] [-r REGION] [--print [-d DURATION] [--reason TEXT]|--share]',
  summary: 'Open the AWS console in a browser, as a role, through the role’s page in the portal.',
  options: {
    print: {
      type: 'boolean',
      about: 'print a console link that needs no further sign-in: a secret, good for 15 minutes',
    },
    share: {
      type: 'boolean',
      about: 'print a link to the same page for others, who open it as themselves: no secret',
    },
    region: {
      type: 'string',
      short: 'r',
      value: 'REGION',
      about: 'the region to open the page in; default the account’s',
    },
    duration: { ...DURATION_OPTION, about: 'with --print: how long the console session lasts' },
    reason: { ...REASON_OPTION, about: 'with --print: why you need it; the role’s page asks by itself' },
  },
  words: { least: 0, most: 2 },
  completes: 'role',
  async run(call) {
    const [wanted, destination] = call.words
    requireRoleOrTerminal(call, wanted)
    requireDestination(call, destination)
    if (!call.flag('print') && call.text('duration') !== undefined) throw call.misused('-d goes with --print.')
    if (!call.flag('print') && call.text('reason') !== undefined) throw call.misused('--reason goes with --print.')
    if (call.flag('print') && call.flag('share')) throw call.misused('--print is a secret and --share is none: which?')
    const wish = { destination, region: regionIn(call, destination) }
    const seconds = call.flag('print') ? secondsAsked(call) : undefined
    const reason = reasonGiven(call)
    const connection = await call.connect()
    const role = await findOrPickRole(call, (await connection.gateway.roles()).read, wanted)
    if (call.flag('print')) await printLink(role, { ...wish, seconds, reason }, connection, call)
    else if (call.flag('share')) share(linkTo(role, wish, connection.origin), call)
    else await open(pageOf(role, wish, connection.origin), destination, call)
    return 0
  },
}

type Wish = { readonly destination: string | undefined; readonly region: string | undefined }

/** What the gateway would refuse, told before a browser is opened for it. Which services there are, AWS alone knows. */
function requireDestination({ misused }: Call, destination = ''): void {
  if (destination === '' || isService(destination) || URL.canParse(destination)) return
  const near = isService(destination.toLowerCase()) ? ` Did you mean ${destination.toLowerCase()}?` : ''
  throw misused(`“${oneLine(destination)}” is neither a service, as in s3, nor a page’s address.${near}`)
}

/** An address includes its region; a service, or the console's home, needs one. */
function regionIn({ text, misused }: Call, destination = ''): string | undefined {
  const region = text('region')
  if (region === undefined) return undefined
  if (!isRegion(region)) throw misused(`“${region}” is no region: write eu-central-1.`)
  if (destination.includes(':')) throw misused('An address names its own region: -r goes with a service.')
  return region
}

async function printLink(
  { role }: ListedRole,
  {
    destination,
    region,
    seconds,
    reason,
  }: Wish & { readonly seconds: number | undefined; readonly reason: string | undefined },
  connection: Connection,
  call: Call,
) {
  const { gateway, origin } = connection
  const asked = {
    role,
    ...(destination !== undefined && { destination }),
    ...(region !== undefined && { region }),
    ...lengthIn(seconds, call),
    ...(reason !== undefined && { reason }),
  }
  const { read: link, json } = await withConfirmation(call, origin, role, (stepUp) =>
    gateway.console({ ...asked, ...(stepUp !== undefined && { stepUp }) }),
  ).catch(sayingWhatWaits(call, connection))
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
function pageOf(role: ListedRole, wish: Wish, origin: string): URL {
  const { destination, region } = wish
  if (region !== undefined) return linkTo(role, wish, origin)
  const page = new URL(`/roles/${role.role}`, origin)
  if (destination !== undefined) page.searchParams.set('destination', destination)
  return page
}

/**
 * A link that says where to go and nothing about who: whoever opens it signs in and takes a role of their own
 * (threats.md H3).
 */
function linkTo({ role }: ListedRole, { destination, region }: Wish, origin: string): URL {
  const link = new URL('/go', origin)
  const [account = '', key = ''] = role.split('/')
  const asked = { account, role: key, ...(destination !== undefined && { destination }), ...(region && { region }) }
  for (const [name, value] of Object.entries(asked)) link.searchParams.set(name, value)
  return link
}

const share = ({ href }: URL, { world, json }: Call): void =>
  world.out(json ? `${JSON.stringify({ url: href })}\n` : `${href}\n`)

async function open(page: URL, destination: string | undefined, { world, say }: Call): Promise<void> {
  if (destination !== undefined) say(`In the portal, the page to open is: ${destination}`)
  if (!world.env['ROLEGATE_NO_BROWSER'] && (await openBrowser(world, page))) return say(`Opening ${page.href}`)
  say(world.env['ROLEGATE_NO_BROWSER'] ? 'Open this in a browser:' : 'No browser could be started; open this in one:')
  world.out(`${page.href}\n`)
}
