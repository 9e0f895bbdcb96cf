import { Router } from 'express'

/** What AWS fetches: static bytes, no cookie, no query, no store (threats.md F12). */
export function issuerRoutes(deps: { documents: { discovery: Buffer; jwks: Buffer } }): Router {
  const router = Router({ caseSensitive: true })
  const document = (path: string, bytes: Buffer) =>
    router.get(path, (_req, res) => {
      res.set({
        'content-type': 'application/json',
        'cache-control': 'public, max-age=300',
        'x-content-type-options': 'nosniff',
      })
      res.send(bytes)
    })

  document('/.well-known/openid-configuration', deps.documents.discovery)
  document('/.well-known/jwks.json', deps.documents.jwks)
  return router
}
