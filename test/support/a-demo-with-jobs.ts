import { aDemo, type Demo } from './a-demo.ts'
import { aJobIssuer, type JobIssuer } from './a-job-issuer.ts'
import { form } from './a-person.ts'

export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

export type DemoWithJobs = Demo & { readonly jobs: JobIssuer }

/** The demo, with jobs of an issuer that really signs: they look at payments-dev, and are granted an elevated role they never get. */
export async function aDemoWithJobs(): Promise<DemoWithJobs> {
  const clock = { now: () => new Date() }
  const jobs = await aJobIssuer({ now: () => clock.now() })
  const demo = await aDemo({
    edit: (text) =>
      text
        .replace(
          '\naccounts:',
          `
workloads:
  - id: github
    issuer: ${jobs.issuer}
    allow: { http: true }
    require: { repository_id: "74", ref: [refs/heads/main, refs/heads/next] }
  - id: gitlab
    issuer: ${jobs.issuer}
    allow: { http: true }
    require: { project_id: "20", ref_path: refs/heads/main }

accounts:`,
        )
        .replace(
          '\nsts:',
          `
  - id: deploys
    match: { workload: github, claims: { environment: production } }
    grant: { accounts: [payments-dev], roles: [readonly, developer] }
  - id: deploys-to-prod
    match: { workload: github }
    grant: { accounts: [payments-prod], roles: [admin] }
  - id: pipelines
    match: { workload: gitlab }
    grant: { accounts: [data-prod], roles: [readonly] }
  # Whoever says that they are in it: jobs are not.
  - id: everybody-at-demo
    match: { idp: demo, group: jobs }
    grant: { accounts: [sandbox], roles: [readonly] }

sts:`,
        ),
  })
  clock.now = () => new Date(Date.now() + demo.clock.offsetSeconds * 1000)
  return Object.assign(demo, { jobs })
}

/** What a job says at /oauth/token. */
export const exchange = (demo: Pick<Demo, 'url'>, token: string, more: Record<string, string> = {}) =>
  form(demo, '/oauth/token', { grant_type: EXCHANGE_GRANT, subject_token_type: JWT, subject_token: token, ...more })

/** A job, signed in: its access token. */
export async function aJobAt(demo: DemoWithJobs, claims: Record<string, unknown> = {}): Promise<string> {
  const token = await demo.jobs.token({ aud: `${demo.url}/workloads`, ...claims })
  const { status, body } = await exchange(demo, token)
  if (status !== 200) throw new Error(`the exchange answered ${status}: ${JSON.stringify(body)}`)
  return (body as { access_token: string }).access_token
}
