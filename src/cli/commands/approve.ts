import { printDuration } from '../../domain/entitlement/duration.ts'
import type { Call, Command } from '../command.ts'
import { failure } from '../failure.ts'
import { obstacleAt } from '../login/way.ts'
import { openBrowser } from '../open-browser.ts'
import { isRequestId, type RoleRequest } from '../role-requests.ts'
import { tellAnswer, waitForAnswer } from '../wait-for-answer.ts'

/** As long as somebody may read the page and think. */
const PATIENCE_MS = 600_000

export const approve: Command = {
  name: 'approve',
  usage: 'rolegate approve ID [--no-browser]',
  summary: 'Show who asks for a role, and open the page where you approve or deny it.',
  options: {
    'no-browser': { type: 'boolean', about: 'print the address of the page, and open nothing' },
  },
  words: { least: 1, most: 1 },
  async run(call) {
    const [id = ''] = call.words
    if (!isRequestId(id)) throw call.misused('Name the request, as rolegate requests lists it.')
    const { gateway, origin } = await call.connect()
    const { read: asked } = await gateway.request(id)
    if (asked.isOwn)
      throw failure('condition_unmet', { title: 'That is your own request', detail: 'Somebody else has to answer it.' })
    if (asked.status === 'asked') await sendToBrowser(call, asked, new URL(`/approvals/${id}`, origin))
    const answered = await waitForAnswer(call, gateway, asked, new Date(call.world.now().getTime() + PATIENCE_MS))
    if (call.json) call.world.out(`${JSON.stringify((await gateway.request(id)).json, null, 2)}\n`)
    tellAnswer(call, answered)
    return 0
  },
}

/** A terminal's sign-in speaks for nobody (threats.md I8). The address holds no secret (security.md D-24). */
async function sendToBrowser({ world, say, flag }: Call, asked: RoleRequest, page: URL): Promise<void> {
  const { requester, role, seconds, reason } = asked
  world.err(
    [
      `${requester} asks for ${role}, for ${printDuration(seconds)}: “${reason}”`,
      'Answer in your browser:',
      `  ${page.href}`,
      '',
    ].join('\n'),
  )
  if (flag('no-browser') || world.env['ROLEGATE_NO_BROWSER'] || obstacleAt(world) !== undefined) return
  if (!(await openBrowser(world, page))) say('No browser could be started: open the address in one.')
}
