import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

/** Instructions, a line each; comments and line breaks gone. */
const instructions = readFileSync('Dockerfile', 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
const of = (name: string) =>
  instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))
const ignore = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

describe('the Dockerfile', () => {
  it('starts every stage from one image with a tag', () => {
    expect(of('ARG')[0]).toMatch(/^NODE_IMAGE=node:24-[a-z]+-slim$/)
    expect(of('FROM').map((from) => from.split(' ')[0])).toEqual(Array<string>(3).fill('${NODE_IMAGE}'))
  })

  it('ends as a user with a number, not root', () => {
    expect(of('USER')).toEqual(['10001:10001'])
    expect(instructions.findIndex((line) => line.startsWith('USER'))).toBeGreaterThan(
      instructions.findLastIndex((line) => line.startsWith('RUN')),
    )
  })

  it('installs what the lock file says, without scripts of packages (security.md K-13)', () => {
    const installs = of('RUN').filter((run) => run.startsWith('npm ci'))
    expect(installs).toHaveLength(2)
    for (const install of installs) expect(install).toContain('--ignore-scripts')
    expect(installs[1]).toContain('--omit=dev --omit=optional')
  })

  it('has every package that the build leaves where npm put it, but what no gateway on Node 24 asks for', () => {
    const [, list = ''] = /const external = \[([^\]]*)\]/.exec(readFileSync('scripts/build.mjs', 'utf8')) ?? []
    const leftOut = [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name)
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>
    }
    const isInstalled = (name: string) =>
      Object.keys(dependencies).some((one) => (name.endsWith('/*') ? one.startsWith(name.slice(0, -1)) : one === name))
    expect(leftOut.length).toBeGreaterThan(5)
    // A terminal's keychain, the store's driver on Node 20, the demo's IdP.
    expect(leftOut.filter((name) => !isInstalled(name))).toEqual([
      '@napi-rs/keyring',
      'better-sqlite3',
      'oidc-provider',
    ])
  })

  it('opens no inspector (threats.md K10), and asks itself for its health', () => {
    expect(of('ENTRYPOINT')).toEqual(['["node", "--disable-sigusr1", "/app/dist/main.js"]'])
    expect(of('HEALTHCHECK')[0]).toMatch(/CMD \["rolegate", "health"\]$/)
  })

  it('takes no secret as a build argument', () => {
    expect(of('ARG').map((arg) => arg.split('=')[0])).toEqual(['NODE_IMAGE', 'VERSION', 'REVISION'])
    expect(of('ENV')).toEqual(['NODE_ENV=production'])
    expect(of('ADD')).toEqual([])
  })

  it('is sent the files it copies, and nothing else', () => {
    const copied = of('COPY')
      .filter((copy) => !copy.startsWith('--from'))
      .flatMap((copy) => copy.split(' ').slice(0, -1))
    for (const path of copied) expect(existsSync(path), path).toBe(true)
    expect(ignore[0]).toBe('*')
    expect(ignore.slice(1).toSorted()).toEqual([...new Set(copied)].map((path) => `!${path}`).toSorted())
  })
})

describe('docs/how-to/run-with-docker.md', () => {
  const page = readFileSync('docs/how-to/run-with-docker.md', 'utf8')
  const manifest = [...page.matchAll(/```yaml\n(apiVersion[\s\S]*?)```/g)].map(([, text = '']) => text)[0] ?? ''

  it('shows a Deployment for this image: its user, its folders, its ports', () => {
    const { spec } = parse(manifest) as { spec: { replicas: number; template: { spec: PodSpec } } }
    const { securityContext, containers } = spec.template.spec
    const [container] = containers
    expect(spec.replicas).toBe(1)
    expect(of('USER')).toEqual([`${securityContext.runAsUser}:${securityContext.runAsGroup}`])
    const folders = container?.volumeMounts.map(({ mountPath }) => mountPath)
    expect(folders).toEqual([
      dirname(/"([^"]+\.yaml)"/.exec(of('CMD')[0] ?? '')?.[1] ?? ''),
      '/var/lib/rolegate',
      '/tmp',
    ])
    expect(container?.ports.map(({ containerPort }) => containerPort)).toEqual([8420, 9464])
  })
})

type PodSpec = {
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number }
  readonly containers: readonly {
    readonly ports: readonly { readonly containerPort: number }[]
    readonly volumeMounts: readonly { readonly mountPath: string }[]
  }[]
}
