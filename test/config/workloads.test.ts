import { describe, expect, it } from 'vitest'
import { sharedIssuer } from '../../src/config/lint/shared-issuers.ts'
import { aWorld, changed, faultsOf, load } from './a-file.ts'

const GITHUB = `issuer: https://token.actions.githubusercontent.com`
const PINS = `{ repository_id: "74", ref: refs/heads/main }`

/** A_FILE with jobs of GitHub Actions, and a rule that lets them look at production. */
const withJobs = (entry = `${GITHUB}, require: ${PINS}`, rule = 'match: { workload: ci }', more = '') =>
  changed(
    ['accounts:', `workloads:\n  - { id: ci, ${entry} }\naccounts:`],
    [
      'store:',
      `  - id: jobs\n    ${rule}\n    grant: { accounts: [pay-prod], roles: [readonly], max_duration: 15m }\n${more}store:`,
    ],
  )

const messages = (text: string, insecureDev = false) =>
  faultsOf(text, aWorld({ insecureDev })).map((fault) => fault.replace(/^\d+:\d+ {2}/, ''))

describe('a file with workloads', () => {
  it('loads: audience and containers’ audience from the public URL, an hour, RS256 and ES256', () => {
    const { config, warnings } = load(withJobs())
    expect(warnings).toEqual([])
    expect(config.workloads).toEqual([
      {
        label: 'ci',
        audience: 'https://aws.example.com/workloads',
        containerAudience: 'https://aws.example.com/containers',
        algorithms: ['RS256', 'ES256'],
        allowHttp: false,
        maxSeconds: 3600,
        mapping: {
          id: 'ci',
          issuer: 'https://token.actions.githubusercontent.com',
          require: { repository_id: ['74'], ref: ['refs/heads/main'] },
          keep: ['repository_id', 'ref'],
        },
      },
    ])
  })

  it('asks in each rule for what the entry requires, narrowed by the rule’s own claims', () => {
    const { config } = load(
      withJobs(
        `${GITHUB}, require: { repository_id: "74", ref: [refs/heads/main, refs/heads/next] }`,
        'match: { workload: ci, claims: { ref: refs/heads/next, actor_id: ["1", "2"] } }',
      ),
    )
    expect(config.mapping.rules.at(-1)?.match).toEqual({
      workload: 'ci',
      claims: { repository_id: ['74'], ref: ['refs/heads/next'], actor_id: ['1', '2'] },
    })
    expect(config.workloads[0]?.mapping.keep).toEqual(['repository_id', 'ref', 'actor_id'])
  })
})

describe('a grant to jobs', () => {
  it('asks for nobody’s approval: a job asks nobody', () => {
    const asking = 'max_duration: 15m, require: { approval: { by: { idp: entra, group: Leads }, valid_for: 4h } } }'
    expect(messages(withJobs().replace('max_duration: 15m }', asking))).toEqual([
      'rules[1].grant.require.approval: no job can meet it: jobs ask nobody for an approval',
    ])
  })
})

describe('what an entry may not be', () => {
  it.each([
    [
      'an id that an IdP has',
      `${GITHUB}, require: ${PINS}`.replace('ci', 'ci'),
      undefined,
      withJobs().replaceAll('id: ci', 'id: entra').replace('workload: ci', 'workload: entra'),
      ['workloads[0].id: "entra" is the id of idps[0] too'],
    ],
    [
      'ourselves (threats.md F4)',
      '',
      undefined,
      withJobs('issuer: https://aws.example.com, require: { sub: x }'),
      ['workloads[0].issuer: is Rolegate itself: jobs are vouched for by somebody else'],
    ],
    [
      'ourselves with a slash (threats.md F4)',
      '',
      undefined,
      withJobs('issuer: https://AWS.example.com/, require: { sub: x }'),
      ['workloads[0].issuer: is Rolegate itself: jobs are vouched for by somebody else'],
    ],
    [
      'every tenant (threats.md I2)',
      '',
      undefined,
      withJobs('issuer: https://login.microsoftonline.com/common/v2.0, require: { sub: x }'),
      ['workloads[0].issuer: signs for every tenant; name one tenant, by its id'],
    ],
    [
      'plain http',
      '',
      undefined,
      withJobs('issuer: http://ci.example.com, require: { sub: x }'),
      ['workloads[0].issuer: must be https'],
    ],
    [
      'without a claim to require',
      '',
      undefined,
      withJobs('issuer: https://ci.example.com, require: {}'),
      ['workloads[0].require: must not be empty'],
    ],
    [
      'with a number, which YAML may have rewritten',
      '',
      undefined,
      withJobs(`${GITHUB}, require: { repository_id: 74, ref: refs/heads/main }`),
      ['workloads[0].require.repository_id: must be text: put it in quotes'],
    ],
    [
      'with a pattern (threats.md D16)',
      '',
      undefined,
      withJobs(`${GITHUB}, require: { repository_id: "74", ref: [refs/heads/main, "refs/heads/*"] }`),
      ['workloads[0].require.ref[1]: must be exact: "*" stands for nothing here'],
    ],
    [
      'longer than an hour (threats.md D16)',
      '',
      undefined,
      withJobs(`${GITHUB}, require: ${PINS}, max: 2h`),
      ['workloads[0].max: must be at most 1h, and is 2h'],
    ],
    [
      'with HMAC (security.md O-2)',
      '',
      undefined,
      withJobs(`${GITHUB}, require: ${PINS}, algorithms: [HS256]`),
      [expect.stringContaining('workloads[0].algorithms[0]')],
    ],
  ])('%s', (_because, _entry, _rule, text, expected) => {
    expect(messages(text)).toEqual(expected)
  })

  it.each([
    [
      'audience: rolegate',
      'workloads[0].audience: "rolegate" is what people sign in with at "entra": their own token would be a job’s',
    ],
    [
      'container_audience: rolegate',
      'workloads[0].container_audience: "rolegate" is what people sign in with at "entra": their own token would be a job’s',
    ],
    [
      'audience: sts.amazonaws.com',
      'workloads[0].audience: "sts.amazonaws.com" is for AWS: a token for one would do for the other',
    ],
    [
      'audience: https://github.com/acme',
      'workloads[0].audience: "https://github.com/acme" is what a token says when nobody asked for an audience',
    ],
    [
      'audience: https://aws.example.com/containers',
      'workloads[0].audience: must not be one for both: a container’s token is shown again and again, a job’s counts once',
    ],
  ])('takes no audience that is somebody else’s: %s (threats.md D16)', (audience, fault) => {
    expect(messages(withJobs(`${GITHUB}, require: ${PINS}, ${audience}`))).toContain(fault)
  })

  it('takes http on loopback, in development and when told to', () => {
    const local = (more: string) => withJobs(`issuer: "http://127.0.0.1:9999", require: { sub: x }${more}`)
    expect(messages(local(', allow: { http: true }'), true)).toEqual([])
    expect(messages(local(''), true)).toEqual([
      'workloads[0].issuer: is http: set allow.http beside it, for development only',
    ])
    expect(messages(local(', allow: { http: true }'))).not.toEqual([])
  })
})

describe('an issuer that signs for everybody’s jobs (threats.md D16)', () => {
  const GITHUB_LACKS = {
    owner: 'whose job it is (repository_id or repository_owner_id)',
    job: 'which job (ref or environment or workflow_ref or job_workflow_ref)',
  }
  const fault = (...lacks: string[]) => [
    `workloads[0].require: lacks ${lacks.join(', and ')}: GitHub Actions signs for everybody’s jobs`,
  ]
  it.each([
    ['a name that can be registered anew', '{ repository: acme/infra }', fault(GITHUB_LACKS.owner, GITHUB_LACKS.job)],
    ['a subject', '{ sub: "repo:acme/infra:ref:refs/heads/main" }', fault(GITHUB_LACKS.owner, GITHUB_LACKS.job)],
    ['an id alone: any branch, any workflow', '{ repository_id: "74" }', fault(GITHUB_LACKS.job)],
    ['a branch alone: anybody’s', '{ ref: refs/heads/main }', fault(GITHUB_LACKS.owner)],
    ['a workflow’s own name', '{ repository_id: "74", workflow: deploy }', fault(GITHUB_LACKS.job)],
    ['an id and a branch', PINS, []],
    ['an id and an environment', '{ repository_owner_id: "7", environment: production }', []],
  ])('with %s', (_because, require, faults) => {
    expect(messages(withJobs(`${GITHUB}, require: ${require}`))).toEqual(faults)
  })

  it.each([
    ['GitHub Actions', 'https://token.actions.githubusercontent.com'],
    ['GitHub Actions', 'https://token.actions.githubusercontent.com/acme'],
    ['GitHub Actions', 'https://TOKEN.actions.githubusercontent.com./'],
    ['GitLab.com', 'https://gitlab.com'],
    ['CircleCI', 'https://oidc.circleci.com/org/7b1e'],
    ['Terraform Cloud', 'https://app.terraform.io'],
    ['Google', 'https://accounts.google.com'],
    ['Buildkite', 'https://agent.buildkite.com'],
    ['Bitbucket Pipelines', 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc'],
    ['Vercel', 'https://oidc.vercel.com/acme'],
    ['Codefresh', 'https://oidc.codefresh.io'],
  ])('is known: %s at %s, and loads with no unpinned claim', (name, issuer) => {
    expect(sharedIssuer(issuer)?.name).toBe(name)
    const [fault = ''] = messages(withJobs(`issuer: "${issuer}", require: { sub-of: x }`))
    expect(fault).toContain(`${name} signs for everybody’s jobs`)
    const { projects = [], owners = [], jobs = [] } = sharedIssuer(issuer) ?? {}
    for (const owner of [...projects, ...owners])
      for (const job of jobs) {
        const require = [...new Set([owner, ...job])].map((claim) => `"${claim}": x`).join(', ')
        expect(messages(withJobs(`issuer: "${issuer}", require: { ${require} }`))).toEqual([])
      }
  })

  it('warns when an owner is pinned and none of their projects', () => {
    const warned = (require: string) => load(withJobs(`${GITHUB}, require: ${require}`)).warnings
    expect(warned('{ repository_owner_id: "7", ref: refs/heads/main }')).toEqual([
      expect.stringContaining(
        'workloads[0].require: pins an owner alone: such a job of any project of theirs is meant; repository_id names one',
      ),
    ])
    expect(warned('{ repository_owner_id: "7", repository_id: "74", ref: refs/heads/main }')).toEqual([])
  })

  it('is not the issuer of one’s own GitLab or cluster', () => {
    expect(messages(withJobs('issuer: https://gitlab.example.com, require: { project_path: a/b }'))).toEqual([])
  })
})

describe('rules about jobs (threats.md R3)', () => {
  it.each([
    ['match: { workload: cj }', 'rules[1].match.workload: unknown workload "cj"; did you mean "ci"?'],
    ['match: { workload: entra }', 'rules[1].match.workload: unknown workload "entra"'],
    [
      'match: { workload: ci, idp: entra }',
      'rules[1].match.idp: does not go with "workload": jobs are nobody’s people',
    ],
    [
      'match: { workload: ci, everyone: true }',
      'rules[1].match: needs exactly one of group, any_of, pattern, everyone, workload',
    ],
    [
      'match: { workload: ci, group: Team }',
      'rules[1].match: needs exactly one of group, any_of, pattern, everyone, workload',
    ],
    [
      'match: { workload: ci, claims: { ref: "refs/*" } }',
      'rules[1].match.claims.ref: must be exact: "*" stands for nothing here',
    ],
    [
      'match: { workload: ci, claims: { ref: refs/heads/next } }',
      'rules[1].match.claims.ref: meets nobody: "ci" requires another value',
    ],
    ['match: { idp: entra, group: Team, claims: { ref: x } }', 'rules[1].match.claims: goes with "workload" only'],
    ['match: { idp: ci, everyone: true }', 'rules[1].match.idp: unknown IdP "ci"'],
  ])('%s does not load', (rule, fault) => {
    expect(messages(withJobs(undefined, rule))).toContain(fault)
  })
})

it('warns of an elevated role, which no job gets (threats.md D16)', () => {
  const text = withJobs().replace('roles: [readonly], max_duration', 'roles: [readonly, admin], max_duration')
  expect(load(text).warnings).toEqual([
    expect.stringContaining('rules[1].grant.roles: "admin" is elevated: no job ever gets it'),
  ])
})

describe('in-file tests as a job', () => {
  const asked = (test: string) => messages(`${withJobs()}tests:\n  - ${test}\n`)
  it('answers by the same decision, and knows what `require` pins', () => {
    expect(asked('{ as: { workload: ci }, can: [pay-prod/readonly], cannot: [pay-dev/readonly] }')).toEqual([])
    expect(asked('{ as: { workload: ci, claims: { ref: refs/heads/x } }, cannot: [pay-prod/readonly] }')).toEqual([])
    expect(asked('{ as: { idp: entra }, cannot: [pay-prod/readonly] }')).toEqual([])
    expect(asked('{ as: { workload: ci }, cannot: [pay-prod/readonly] }')).toEqual([
      'tests[0].cannot[0]: pay-prod/readonly is open to this person by rule jobs',
    ])
  })

  it.each([
    ['{ as: { workload: cj } }', 'tests[0].as.workload: unknown workload "cj"; did you mean "ci"?'],
    ['{ as: {} }', 'tests[0].as: needs exactly one of idp, workload'],
    ['{ as: { idp: entra, workload: ci } }', 'tests[0].as: needs exactly one of idp, workload'],
    ['{ as: { workload: ci, groups: [Team] } }', 'tests[0].as.groups: goes with "idp" only: a job has no groups'],
    ['{ as: { idp: entra, claims: { ref: x } } }', 'tests[0].as.claims: goes with "workload" only'],
  ])('%s does not load', (test, fault) => {
    expect(asked(test)).toContain(fault)
  })
})
