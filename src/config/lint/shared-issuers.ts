/**
 * An issuer that signs for everybody's jobs. Only a claim tells our jobs from a stranger's, and only some claims cannot
 * be chosen freely.
 */
export type SharedIssuer = {
  readonly name: string
  /**
   * Claims with ids that say whose job it is; one of them is needed. An id is never reused, while a name that was given
   * up can be.
   */
  readonly projects: readonly string[]
  /** The same for all projects of one owner. */
  readonly owners: readonly string[]
  /** Which of their jobs: branch, environment or workflow. All of one of these. */
  readonly jobs: readonly (readonly string[])[]
}

const SHARED: readonly (SharedIssuer & { readonly host: RegExp })[] = [
  {
    name: 'GitHub Actions',
    host: /^token\.actions\.(?:githubusercontent\.com|[a-z0-9-]+\.ghe\.com)$/,
    projects: ['repository_id'],
    owners: ['repository_owner_id'],
    // A file on any branch can choose its `workflow` name; these claims hold its path and ref.
    jobs: [['ref'], ['environment'], ['workflow_ref'], ['job_workflow_ref']],
  },
  {
    name: 'GitLab.com',
    host: /^gitlab\.com$/,
    projects: ['project_id'],
    owners: ['namespace_id'],
    // A tag may be called `main`: `ref` alone does not say which of the two it is.
    jobs: [['ref_path'], ['ref', 'ref_type'], ['environment'], ['ci_config_ref_uri']],
  },
  {
    name: 'CircleCI',
    host: /^oidc\.circleci\.com$/,
    projects: ['oidc.circleci.com/project-id'],
    owners: [],
    jobs: [['oidc.circleci.com/vcs-ref']],
  },
  {
    name: 'Terraform Cloud',
    host: /^app(?:\.eu)?\.terraform\.io$/,
    projects: ['terraform_workspace_id'],
    owners: ['terraform_project_id', 'terraform_organization_id'],
    jobs: [['terraform_run_phase']],
  },
  {
    name: 'Google',
    host: /^accounts\.google\.com$/,
    projects: ['sub'],
    owners: [],
    // People's ID tokens have this issuer too: only in a service account's token is `azp` the account itself.
    jobs: [['azp'], ['email']],
  },
  {
    name: 'Buildkite',
    host: /^agent\.buildkite\.com$/,
    projects: ['pipeline_id'],
    owners: ['organization_id'],
    jobs: [['build_branch'], ['build_tag']],
  },
  {
    name: 'Bitbucket Pipelines',
    host: /^api\.bitbucket\.org$/,
    projects: ['repositoryUuid'],
    owners: ['workspaceUuid'],
    jobs: [['branchName'], ['deploymentEnvironmentUuid']],
  },
  {
    name: 'Vercel',
    host: /^oidc\.vercel\.com$/,
    projects: ['project_id'],
    owners: ['owner_id'],
    jobs: [['environment']],
  },
  {
    name: 'Codefresh',
    host: /^oidc\.codefresh\.io$/,
    projects: ['pipeline_id'],
    owners: ['account_id'],
    jobs: [['scm_ref']],
  },
]

/** The issuer, when it is known to serve everybody. */
export function sharedIssuer(issuer: string): SharedIssuer | undefined {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname.replace(/\.$/, '') : ''
  return SHARED.find((one) => one.host.test(host))
}
