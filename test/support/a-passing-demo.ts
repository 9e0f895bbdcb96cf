import { PASS_THROUGH } from '../../src/sandbox/pass-through.ts'
import { aDemo } from './a-demo.ts'

/** The demo with two accounts more: `partners` takes the contractors' SAML assertions, `research` the demo directory's ID tokens. */
export const aPassingDemo = (edit: (configText: string) => string = (text) => text) =>
  aDemo({ passThrough: true, edit: (text) => edit(passingThrough(text)) })

function passingThrough(text: string): string {
  // Where the demo AWS is, as the file has it already.
  const at = (key: string) => new RegExp(`^    ${key}: .*$`, 'm').exec(text)?.[0] ?? ''
  const aws = ['region', 'endpoint', 'federation_endpoint', 'console_hosts'].map(at).join('\n')
  const adds: readonly (readonly [section: string, more: string])[] = [
    [
      'accounts',
      `  partners: { id: "${PASS_THROUGH.saml.accountId}", sts: contractors-own, accept_risk: one test and no more }
  research: { id: "${PASS_THROUGH.oidc.accountId}", sts: demo-own, accept_risk: one test and no more }`,
    ],
    [
      'rules',
      `  - id: partners
    match: { idp: contractors, everyone: true }
    grant: { accounts: [partners, research], roles: [readonly, developer, admin] }
  - id: research
    match: { idp: demo, everyone: true }
    grant: { accounts: [partners, research], roles: [readonly, developer, admin] }`,
    ],
    [
      'sts',
      `  contractors-own:
    strategy: pass_through_saml
    idp: contractors
    provider_name: ${PASS_THROUGH.saml.provider}
${at('saml_endpoint')}
${aws}
  demo-own:
    strategy: pass_through_oidc
    idp: demo
    client_id: ${PASS_THROUGH.oidc.clientId}
    client_secret_env: DEMO_AWS_CLIENT_SECRET
${aws}`,
    ],
  ]
  // The developer's tags cannot be added to what an IdP signs.
  const untagged = text.replace(', session_tags: { team: payments }', '')
  return adds.reduce((changed, [section, more]) => changed.replace(`${section}:\n`, `${section}:\n${more}\n`), untagged)
}
