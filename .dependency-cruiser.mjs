/** The floors of src/. A floor may look down, never up, never sideways. See ARCHITECTURE.md. */
const floor = (name, comment, from, to) => ({ name, comment, severity: 'error', from: { path: from }, to })

export default {
  forbidden: [
    floor('domain-is-pure', 'domain/ is words and rules: no floor above it, no package, no node:*', '^src/domain/', {
      pathNot: '^src/domain/',
    }),
    floor('usecases-see-only-domain', 'a story speaks to the world through its ports', '^src/usecases/', {
      pathNot: '^src/(domain|usecases)/',
    }),
    floor(
      'adapters-stand-alone',
      'an adapter knows the domain, the ports and its own folder; never a neighbour',
      '^src/adapters/([^/]+)',
      { path: '^src/', pathNot: ['^src/domain/', '^src/usecases/ports(\\.ts$|/)', '^src/adapters/$1'] },
    ),
    floor('http-is-a-door', 'http/ calls stories; it never calls an adapter or reads config', '^src/http/', {
      path: '^src/',
      pathNot: '^src/(domain|usecases|http)/',
    }),
    floor('cli-is-a-client', 'the CLI talks to the gateway over HTTP; it shares words with it, not code', '^src/cli/', {
      path: '^src/',
      pathNot: '^src/(domain|cli)/',
    }),
    floor('config-sees-words', 'config/ turns text into domain values and knows nothing else', '^src/config/', {
      path: '^src/',
      pathNot: '^src/(domain|config)/',
    }),
    floor(
      'config-is-read-once',
      'only the composition roots read config/',
      '^src/(?!compose\\.ts$|compose/|main\\.ts$|program/|config/)',
      { path: '^src/config/' },
    ),
    floor('sandbox-sees-words', 'the demo world knows the domain and itself', '^src/sandbox/', {
      path: '^src/',
      pathNot: '^src/(domain|sandbox)/',
    }),
    floor(
      'sandbox-only-for-the-demo',
      'serve never loads the demo world',
      '^src/(?!sandbox/|program/demo-gateway\\.ts$)',
      { path: '^src/sandbox/' },
    ),
    floor(
      'sdk-stays-outside',
      'AWS, OIDC and database packages live in adapters and in compose.ts',
      '^src/(?!adapters/|compose/)',
      { path: 'node_modules/(@aws-sdk|@smithy|openid-client|better-sqlite3)/' },
    ),
    floor(
      'saml-stays-outside',
      'SAML and XML packages live in adapters/saml, and in the demo world as a witness',
      '^src/(?!adapters/saml/|sandbox/)',
      { path: 'node_modules/(samlify|libxml2-wasm|xml-crypto|@xmldom)/' },
    ),
    floor('idp-stays-in-sandbox', 'oidc-provider is the demo IdP', '^src/(?!sandbox/)', {
      path: 'node_modules/oidc-provider/',
    }),
    floor(
      'jose-verifies-jobs',
      'jose is for tokens of workloads, and for the demo',
      '^src/(?!sandbox/|adapters/workload/)',
      {
        path: 'node_modules/jose/',
      },
    ),
    floor('express-stays-in-http', 'no Request or Response outside the door', '^src/(?!http/)', {
      path: 'node_modules/(@types/)?express(-session)?/',
    }),
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '^src/main\\.ts$' }, to: {} },
    { name: 'src-never-needs-test', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
    { name: 'resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
}
