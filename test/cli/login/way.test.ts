import { describe, expect, it } from 'vitest'
import { loginWay, withoutLoopback } from '../../../src/cli/login/way.ts'

const BOTH = { endpoint: new URL('https://aws.example.com/oauth/authorize'), code: true }
const ONLY_BROWSER = { ...BOTH, code: false }
const ONLY_CODE = { code: true }
const NOTHING = { device: false, qr: false, noBrowser: false }
const DESKTOP = { env: { DISPLAY: ':0', PATH: '/usr/bin' }, platform: 'linux', exists: () => false }
const isAt =
  (...paths: string[]) =>
  (path: string) =>
    paths.includes(path)

describe('the way a terminal signs in', () => {
  it.each([
    { where: 'a Linux desktop', place: DESKTOP },
    { where: 'Wayland', place: { ...DESKTOP, env: { WAYLAND_DISPLAY: 'wayland-0' } } },
    { where: 'a Mac', place: { ...DESKTOP, env: {}, platform: 'darwin' } },
    { where: 'Windows', place: { ...DESKTOP, env: {}, platform: 'win32' } },
    {
      where: 'WSL with an opener',
      place: { ...DESKTOP, env: { WSL_DISTRO_NAME: 'Debian', PATH: '/bin' }, exists: isAt('/bin/wslview') },
    },
  ])('is a browser on $where', ({ place }) => {
    expect(loginWay(NOTHING, BOTH, place)).toEqual({ by: 'browser', endpoint: BOTH.endpoint, opens: true })
  })

  it.each([
    { where: 'SSH', env: { SSH_CONNECTION: '1' }, says: 'SSH session' },
    { where: 'SSH with a terminal', env: { SSH_TTY: '/dev/pts/1' }, says: 'SSH session' },
    { where: 'an older SSH', env: { SSH_CLIENT: '1' }, says: 'SSH session' },
    { where: 'Kubernetes', env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, says: 'container' },
    { where: 'no display', env: { DISPLAY: '' }, says: 'no display' },
    { where: 'WSL without an opener', env: { WSL_INTEROP: '/run/x', DISPLAY: '' }, says: 'WSL' },
  ])('is a code over $where, and says why in one sentence', ({ env, says }) => {
    const way = loginWay(NOTHING, BOTH, { ...DESKTOP, env: { ...DESKTOP.env, ...env } })
    expect(way).toEqual({ by: 'code', because: expect.stringMatching(new RegExp(`^[^.]*${says}[^.]*\\.$`)) })
  })

  it.each(['/.dockerenv', '/run/.containerenv'])('is a code where %s is there', (path) => {
    expect(loginWay(NOTHING, BOTH, { ...DESKTOP, exists: isAt(path) })).toEqual({
      by: 'code',
      because: 'This runs in a container, so sign in on another device.',
    })
  })

  it('is SSH’s on a Mac too', () => {
    const place = { ...DESKTOP, env: { SSH_TTY: '/dev/ttys1' }, platform: 'darwin' }
    expect(loginWay(NOTHING, BOTH, place).by).toBe('code')
  })

  it.each([{ device: true }, { qr: true }, { device: true, noBrowser: true }])(
    'is a code when asked by %o',
    (asked) => {
      expect(loginWay({ ...NOTHING, ...asked }, BOTH, DESKTOP)).toEqual({ by: 'code' })
    },
  )

  it('is a browser that is not opened with --no-browser, even over SSH, and with ROLEGATE_NO_BROWSER', () => {
    const overSsh = { ...DESKTOP, env: { SSH_TTY: '1' } }
    expect(loginWay({ ...NOTHING, noBrowser: true }, BOTH, overSsh)).toMatchObject({ by: 'browser', opens: false })
    const told = { ...DESKTOP, env: { ...DESKTOP.env, ROLEGATE_NO_BROWSER: '1' } }
    expect(loginWay(NOTHING, BOTH, told)).toMatchObject({ by: 'browser', opens: false })
  })

  it('is what the gateway offers, when it offers one thing', () => {
    expect(loginWay(NOTHING, ONLY_CODE, DESKTOP)).toEqual({
      by: 'code',
      because: 'This gateway signs terminals in by code only.',
    })
    expect(loginWay(NOTHING, ONLY_BROWSER, { ...DESKTOP, env: { SSH_TTY: '1' } })).toMatchObject({
      by: 'browser',
      opens: false,
      because: 'This looks like an SSH session, and this gateway takes no sign-in by code.',
    })
  })

  it.each([
    { asked: { device: true }, offers: ONLY_BROWSER, says: 'takes no sign-in by code' },
    { asked: { qr: true }, offers: ONLY_BROWSER, says: 'takes no sign-in by code' },
    { asked: {}, offers: { code: false }, says: 'signs no terminals in' },
    { asked: { noBrowser: true }, offers: { code: false }, says: 'signs no terminals in' },
  ])('does not exist for $asked at a gateway that $says', ({ asked, offers, says }) => {
    expect(() => loginWay({ ...NOTHING, ...asked }, offers, DESKTOP)).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        values: expect.objectContaining({ title: `This gateway ${says}` }),
      }),
    )
  })

  it('is a code where no port can be opened, if the gateway takes one', () => {
    expect(withoutLoopback(BOTH)).toMatchObject({ by: 'code', because: expect.stringContaining('127.0.0.1') })
    expect(() => withoutLoopback(ONLY_BROWSER)).toThrow(expect.objectContaining({ code: 'config_invalid' }))
  })
})
