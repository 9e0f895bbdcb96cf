/** What `serve` will not run under, in a sentence; undefined when all is well (security.md K-10, threats.md F5, K10). */
export function refuseUnsafeProcess(
  { env, execArgv }: { env: Readonly<Record<string, string | undefined>>; execArgv: readonly string[] },
  insecureDev: boolean,
): string | undefined {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    return 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off every certificate check. Unset it; for a private CA set NODE_EXTRA_CA_CERTS.'
  }
  if (insecureDev) return undefined
  const steering = Object.keys(env).find((name) => /^AWS_ENDPOINT_URL(_|$)/.test(name))
  if (steering !== undefined) {
    return `${steering} is set: it could steer calls to AWS elsewhere. Unset it; endpoints are set under sts in rolegate.yaml.`
  }
  const watched = /--(inspect|heapsnapshot|report-|heap-prof|cpu-prof|tls-keylog)/
  // Node takes `--report_on_signal` for `--report-on-signal`.
  const flags = [...execArgv, env['NODE_OPTIONS'] ?? ''].map((flag) => flag.replaceAll('_', '-'))
  if (flags.some((flag) => watched.test(flag))) {
    return 'Node runs with an inspector, report or profile flag: these write secrets from memory. Start without it, or with --insecure-dev.'
  }
  return undefined
}
