import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCESS_TOKEN, exchange } from '../support/a-demo-with-jobs.ts'
import { aJobIssuer, type JobIssuer } from '../support/a-job-issuer.ts'
import { aServedGateway, noSqlite } from '../support/a-served-gateway.ts'

const ROLE = 'payments-dev/readonly'

describe.skipIf(noSqlite !== undefined)(`jobs over a restart${noSqlite === undefined ? '' : ` (${noSqlite})`}`, () => {
  let gateway: Awaited<ReturnType<typeof aServedGateway>>
  let jobs: JobIssuer
  const withJobs = (require: string) => (text: string) =>
    text
      .replace(
        '\naccounts:',
        `\nworkloads:\n  - { id: ci, issuer: "${jobs.issuer}", allow: { http: true }, require: ${require} }\naccounts:`,
      )
      .replace(
        '\nsts:',
        `\n  - id: jobs\n    match: { workload: ci }\n    grant: { accounts: [payments-dev], roles: [readonly] }\n\nsts:`,
      )
  const restart = async () => {
    await gateway.stop('SIGTERM')
    expect(await gateway.start()).toBeUndefined()
  }
  const credentials = (token: string) =>
    request(gateway.url).post('/v1/credentials').set('authorization', `Bearer ${token}`).send({ role: ROLE })

  beforeAll(async () => {
    jobs = await aJobIssuer()
    gateway = await aServedGateway()
    gateway.write(withJobs('{ repository_id: "74" }'))
    expect(await gateway.start()).toBeUndefined()
  }, 60_000)
  afterAll(async () => {
    await gateway.close()
    await jobs.close()
  })

  it('a token that was traded stays traded, and what it was traded for stays good (threats.md D16)', async () => {
    const token = await jobs.token({ aud: `${gateway.url}/workloads` })
    const { access_token: access } = (await exchange(gateway, token).expect(200)).body as { access_token: string }
    const forContainer = { subject_token_type: ACCESS_TOKEN, scope: `container:${ROLE}` }
    const { body } = await exchange(gateway, access, forContainer).expect(200)
    const container = () =>
      request(gateway.url)
        .get(`/v1/container-credentials/${ROLE}`)
        .set('authorization', (body as { access_token: string }).access_token)

    await restart()
    expect((await exchange(gateway, token)).body.error).toBe('invalid_request')
    await credentials(access).expect(200)
    await container().expect(200)

    // What the entry requires now counts for a session that began before (threats.md I2).
    gateway.write(withJobs('{ repository_id: "75" }'))
    await restart()
    expect((await credentials(access)).body.code).toBe('not_entitled')
    expect((await container()).body.code).toBe('not_entitled')

    // And a workload that is gone has no sessions.
    gateway.write()
    await restart()
    expect((await credentials(access)).status).toBe(401)
    expect((await container()).status).toBe(401)
    const said = JSON.stringify(gateway.audit())
    expect(said).not.toContain(token)
    expect(said).not.toContain(access)
  }, 120_000)
})
