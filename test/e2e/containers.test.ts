import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromHttp } from '@aws-sdk/credential-provider-http'
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCESS_TOKEN, aDemoWithJobs, exchange, type DemoWithJobs } from '../support/a-demo-with-jobs.ts'
import { aPersonAt, aTerminalOf } from '../support/a-person.ts'
import { botocoreWithTokenFile, withoutBotocore } from '../support/botocore.ts'

/** Its https rule is of 2025-10; http on loopback is older. */
const noBotocore = withoutBotocore(botocoreWithTokenFile)

let demo: DemoWithJobs
let folder: string
const files = { container: '', projected: '', wrong: '' }
beforeAll(async () => {
  demo = await aDemoWithJobs()
  folder = mkdtempSync(join(tmpdir(), 'rolegate-container-'))
  const { accessToken } = await aTerminalOf(demo, await aPersonAt(demo, 'alice'))
  const { body } = await exchange(demo, accessToken, {
    subject_token_type: ACCESS_TOKEN,
    scope: 'container:payments-dev/developer',
  }).expect(200)
  const tokens = {
    container: (body as { access_token: string }).access_token,
    projected: await demo.jobs.token({ aud: [`${demo.url}/containers`] }),
    wrong: `rgk_${'A'.repeat(43)}`,
  }
  for (const [name, token] of Object.entries(tokens)) {
    const file = join(folder, name)
    writeFileSync(file, token)
    chmodSync(file, 0o600)
    files[name as keyof typeof files] = file
  }
})
afterAll(async () => {
  await demo.close()
  await demo.jobs.close()
  rmSync(folder, { recursive: true })
})

const uri = () => `${demo.url}/v1/container-credentials/payments-dev/developer`
const KINDS = ['container', 'projected'] as const

describe('the AWS SDK for JavaScript', () => {
  // A second each time, and three more tries: as it comes.
  const provider = (file: string, more: { maxRetries?: number } = {}) =>
    fromHttp({ awsContainerCredentialsFullUri: uri(), awsContainerAuthorizationTokenFile: file, ...more })

  it.each(KINDS)('takes a %s token’s role, within its own second', async (kind) => {
    const client = new STSClient({
      region: 'eu-central-1',
      endpoint: demo.awsUrl,
      credentials: provider(files[kind]),
      maxAttempts: 1,
    })
    const { Arn } = await client.send(new GetCallerIdentityCommand())
    expect(Arn).toMatch(/^arn:aws:sts::111122223333:assumed-role\/Developer\//)
    client.destroy()
  })

  it('reads the end of what it was lent, and asks anew when told to', async () => {
    const ask = provider(files.container)
    const [one, other] = [await ask(), await ask()]
    expect(one.expiration?.getTime()).toBeGreaterThan(Date.now() + 15 * 60_000)
    expect(one.accessKeyId).not.toBe(other.accessKeyId)
  })

  it('shows code and message of a refusal', async () => {
    const failure: unknown = await provider(files.wrong, { maxRetries: 0 })().catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({
      message: 'Server responded with status: 401',
      Code: 'sign_in_required',
      Message: expect.stringContaining('The token is not good here'),
    })
  })
})

describe.skipIf(noBotocore !== undefined)(`botocore${noBotocore === undefined ? '' : ` (${noBotocore})`}`, () => {
  const SCRIPT = `
import json, sys, botocore.session
try:
    found = botocore.session.Session().get_credentials().get_frozen_credentials()
    print(json.dumps({"key": found.access_key, "token": bool(found.token)}))
except Exception as refused:
    print(json.dumps({"refused": str(refused)}))
`
  const botocore = (file: string, path = uri()) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const env = {
        HOME: folder,
        PATH: process.env['PATH'] ?? '',
        AWS_CONTAINER_CREDENTIALS_FULL_URI: path,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
      }
      execFile(botocoreWithTokenFile?.python ?? 'python3', ['-c', SCRIPT], { env, timeout: 60_000 }, (failure, out) =>
        failure === null ? resolve(JSON.parse(out) as Record<string, unknown>) : reject(failure),
      )
    })

  it.each(KINDS)('takes a %s token’s role', async (kind) => {
    expect(await botocore(files[kind])).toEqual({ key: expect.stringMatching(/^ASIA/), token: true })
  })

  it('shows what we say of a refusal', async () => {
    const { refused } = await botocore(files.wrong)
    expect(refused).toContain('401')
    expect(refused).toContain('sign_in_required')
  })
})
