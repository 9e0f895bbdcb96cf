import { Router } from 'express'

/** `saml`: what an IAM SAML provider is made from, where some `sts` entry goes by SAML. */
export type IssuerDocuments = { readonly discovery: Buffer; readonly jwks: Buffer; readonly saml?: Buffer }

/** What AWS fetches: static bytes, no cookie, no query, no store (threats.md F12). */
export function issuerRoutes(deps: { documents: IssuerDocuments }): Router {
  const router = Router({ caseSensitive: true })
  const document = (path: string, bytes: Buffer, type = 'application/json') =>
    router.get(path, (_req, res) => {
      res.set({
        'content-type': type,
        'cache-control': 'public, max-age=300',
        'x-content-type-options': 'nosniff',
      })
      res.send(bytes)
    })

  document('/.well-known/openid-configuration', deps.documents.discovery)
  document('/.well-known/jwks.json', deps.documents.jwks)
  const { saml } = deps.documents
  if (saml !== undefined) document('/issuer/saml/metadata', saml, 'application/samlmetadata+xml')
  return router
}
