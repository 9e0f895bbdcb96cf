/** Every variable the client reads, as `rolegate help environment` and docs/reference/cli.md give them. */
export const ENVIRONMENT: ReadonlyMap<string, string> = new Map([
  ['ROLEGATE_URL', 'the gateway, when --server does not name it'],
  ['ROLEGATE_CONFIG_DIR', 'the folder of settings.json and tokens.json'],
  ['XDG_CONFIG_HOME', 'holds the folder `rolegate`, when ROLEGATE_CONFIG_DIR is not set; default ~/.config'],
  ['ROLEGATE_TOKEN_STORE', '`file` (default) or `memory`; `keychain` comes later'],
  ['ROLEGATE_NO_BROWSER', 'when set, `console` prints the address instead of opening it'],
  ['ROLEGATE_DURATION', 'how long a role session lasts, when -d does not say'],
  ['AWS_REGION', 'the region handed on, when -r does not name one'],
  ['AWS_PROFILE', 'removed from the environment of what `exec` starts'],
  ['AWS_DEFAULT_PROFILE', 'removed likewise'],
  ['NODE_EXTRA_CA_CERTS', 'a file of further certificate authorities to trust; read by Node.js itself'],
])
