import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Demo } from './a-demo.ts'
import type { StockClient } from './a-stock-client.ts'

/** The page that people copy from. */
const HOW_TO = fileURLToPath(new URL('../../docs/how-to/aws-cli.md', import.meta.url))

/** What `~/.aws/sso/cache` holds of a sign-in. */
type CachedSignIn = {
  readonly startUrl: string
  readonly region: string
  readonly accessToken: string
  readonly refreshToken?: string
  readonly expiresAt: string
  readonly clientId: string
  readonly clientSecret: string
  readonly registrationExpiresAt: string
}

export type AwsHome = ReturnType<typeof anAwsHome>

/** A home folder with this `~/.aws/config`, as AWS's own tools have one; nothing of this machine's reaches them. */
export function anAwsHome(config: string) {
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-aws-home-'))
  const aws = join(folder, '.aws')
  const session = /^\[sso-session (.+)\]$/m.exec(config)?.[1] ?? ''
  const cache = join(aws, 'sso', 'cache')
  const cached = join(cache, `${createHash('sha1').update(session).digest('hex')}.json`)
  mkdirSync(cache, { recursive: true })
  // Debian's aws stumbles where two of them make this folder at once.
  mkdirSync(join(aws, 'cli', 'cache'), { recursive: true })
  writeFileSync(join(aws, 'config'), config)

  return {
    folder,
    session,
    env: { HOME: folder, PATH: '/usr/bin:/bin', AWS_EC2_METADATA_DISABLED: 'true', PYTHONUTF8: '1' },

    /** The file of docs/how-to/aws-cli.md, for tools that know no address but AWS's own. */
    takeRuleSet(gateway: Pick<Demo, 'url'>): void {
      const ruleSet = /```json\n(\{[^`]*"rules"[^`]*\})\n```/.exec(readFileSync(HOW_TO, 'utf8'))?.[1] ?? ''
      for (const service of ['sso', 'sso-oidc']) {
        const models = join(aws, 'models', service, '2019-06-10')
        mkdirSync(models, { recursive: true })
        const file = join(models, 'endpoint-rule-set-1.json')
        writeFileSync(file, ruleSet.replace('https://aws.example.com', gateway.url))
      }
    },

    /** Leaves a sign-in as `aws sso login` does, with the end that it should seem to have. */
    keep(client: StockClient, tokens: { accessToken: string; refreshToken: string }, expiresAt: Date): void {
      const signIn: CachedSignIn = {
        startUrl: /^sso_start_url = (.+)$/m.exec(config)?.[1] ?? '',
        region: 'eu-central-1',
        accessToken: tokens.accessToken,
        refreshToken: tokens.refreshToken,
        expiresAt: inSeconds(expiresAt),
        ...client,
        registrationExpiresAt: inSeconds(new Date(Date.now() + 90 * 24 * 3600_000)),
      }
      writeFileSync(cached, JSON.stringify(signIn), { mode: 0o600 })
    },
    kept: () => JSON.parse(readFileSync(cached, 'utf8')) as CachedSignIn,

    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** `2026-11-22T06:53:50Z`: the CLI writes and reads whole seconds. */
const inSeconds = (moment: Date): string => `${moment.toISOString().slice(0, 19)}Z`

/** The `~/.aws/config` that the gateway serves to whoever holds this token. */
export async function servedConfig(gateway: Pick<Demo, 'url'>, accessToken: string): Promise<string> {
  const answer = await fetch(`${gateway.url}/v1/aws-config?format=text`, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  return answer.text()
}
