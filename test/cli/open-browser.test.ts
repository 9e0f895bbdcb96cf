import { describe, expect, it } from 'vitest'
import { openBrowser } from '../../src/cli/open-browser.ts'
import { aTerminal } from './fake-terminal.ts'

const PAGE = new URL('https://aws.example.com/oauth/authorize?state=x&y=z')
const WINDOWS = ['rundll32', 'url.dll,FileProtocolHandler']

/** What is started on such a machine to open the page. */
async function startedOn(over: Parameters<typeof aTerminal>[0]) {
  const { world, spawned } = aTerminal(over)
  expect(await openBrowser(world, PAGE)).toBe(true)
  const [{ command, args, place } = { command: '', args: [], place: '' }] = spawned
  expect([args.at(-1), place]).toEqual([PAGE.href, 'background'])
  return [command, ...args.slice(0, -1)]
}

describe('opening a browser', () => {
  it.each([
    { on: 'linux', starts: ['xdg-open'] },
    { on: 'darwin', starts: ['open'] },
    { on: 'win32', starts: WINDOWS },
  ])('starts $starts on $on, with the address as one word that no shell reads', async ({ on, starts }) => {
    expect(await startedOn({ platform: on })).toEqual(starts)
  })

  it.each([
    { has: ['/usr/bin/wslview', '/win/rundll32.exe'], display: '', starts: ['wslview'] },
    { has: ['/win/rundll32.exe'], display: ':0', starts: ['rundll32.exe', WINDOWS[1]] },
    { has: ['/usr/bin/xdg-open'], display: ':0', starts: ['xdg-open'] },
  ])('starts $starts on WSL, where $has is there', async ({ has, display, starts }) => {
    const env = { WSL_DISTRO_NAME: 'Debian', PATH: '/usr/bin:/win', DISPLAY: display }
    expect(await startedOn({ env, exists: (path) => has.includes(path) })).toEqual(starts)
  })
})
