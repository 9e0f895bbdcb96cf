import { describe, expect, it } from 'vitest'
import { changed, load } from '../a-file.ts'

/** Entra and others, each with its domains, or with none said. */
const withDomains = (entra: string | undefined, ...others: readonly (string | undefined)[]): string => {
  const said = (domains: string | undefined) => (domains === undefined ? '' : `, username_domains: ${domains}`)
  const entry = (id: string, domains: string | undefined) =>
    `  - { id: ${id}, type: oidc, issuer: https://${id}.example.com, client_id: c, client_secret_env: IDP_SECRET, groups: { claim: groups }${said(domains)} }\n`
  return changed([
    'accounts:\n',
    `${entra === undefined ? '' : `    username_domains: ${entra}\n`}${others.map((one, at) => entry(`idp-${at + 1}`, one)).join('')}accounts:\n`,
  ])
}
const advice = (text: string) => load(text).warnings.map((warning) => warning.replace(/^.*? {2}/, ''))

describe('[username-domains] (threats.md I1)', () => {
  it('is said once of all that declare none, where there are several', () => {
    expect(advice(withDomains('[example.com]', undefined, '[acme.example]', undefined))).toEqual([
      'idps[1]: people of idp-1, idp-3 may be called like those of another IdP: say which names are theirs, with username_domains [username-domains]',
    ])
  })

  it('is said of a domain that two declare', () => {
    expect(advice(withDomains('[example.com, example.com]', '[acme.example, example.com]'))).toEqual([
      'idps[1].username_domains[1]: is a domain of "entra" too: people of both may be called alike [username-domains]',
    ])
  })

  it('is not said where each has its own, nor of a lone IdP', () => {
    expect(advice(withDomains('[example.com]', '[eu.example.com]'))).toEqual([])
    expect(advice(withDomains(undefined))).toEqual([])
  })

  it('is not said of a single one that declares none: it is called like nobody of the others', () => {
    const text = withDomains('[example.com]', undefined, '[acme.example]')
    expect(advice(text)).toEqual([])
    expect(load(text).config.idps.map(({ mapping }) => mapping.othersDomains)).toEqual([
      undefined,
      ['example.com', 'acme.example'],
      undefined,
    ])
  })

  it('leaves others alone where nobody declares any', () => {
    expect(load(withDomains(undefined, undefined)).config.idps.map(({ mapping }) => mapping.othersDomains)).toEqual([
      undefined,
      undefined,
    ])
  })
})
