import { describe, expect, it } from 'vitest'
import { aProblem, LENT, SECRET } from '../fake-gateway.ts'
import { aTerminal, signedIn } from '../fake-terminal.ts'

const ROLE = 'payments-dev/readonly'
const CREDENTIALS = 'POST /v1/credentials'

describe('rolegate credential-process', () => {
  it('prints the document of AWS SDKs and nothing else', async () => {
    const { run, asked } = await signedIn()
    const { exit, out, err } = await run('credential-process', ROLE)
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    expect(JSON.parse(out)).toEqual({
      Version: 1,
      AccessKeyId: LENT.accessKeyId,
      SecretAccessKey: SECRET,
      SessionToken: LENT.sessionToken,
      Expiration: LENT.expiration,
    })
    expect(asked(CREDENTIALS)).toEqual([{ role: ROLE }])
  })

  it('ends with 4 and one line when nobody is signed in', async () => {
    const { exit, out, err } = await aTerminal().run('credential-process', ROLE, '--server', 'http://127.0.0.1:9')
    expect({ exit, out }).toEqual({ exit: 4, out: '' })
    expect(err).toMatch(/^error: You are not signed in\. [^\n]*rolegate login[^\n]*\n$/)
  })

  it('keeps a refusal on one line, whatever the gateway says', async () => {
    const { gateway, run } = await signedIn()
    gateway.on(CREDENTIALS, aProblem(403, 'not_entitled', { detail: 'one\ntwo\nthree' }))
    const { exit, err } = await run('credential-process', ROLE)
    expect(exit).toBe(5)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })
})
