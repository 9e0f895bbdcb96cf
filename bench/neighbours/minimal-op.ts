/** The least OpenID provider: discovery, keys, and a token endpoint that believes every code and every client. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { listenHere } from '../harness/listen-here.ts'
import { personOf } from '../harness/people.ts'
import { CLIENT } from './client.ts'
import { readCode } from './code.ts'

const signInPool = promisify(sign)
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const JWKS = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'RS256' }] }
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const HEADER = encode({ alg: 'RS256', kid: 'bench', typ: 'JWT' })

listenHere((req, res) => {
  const issuer = `http://${req.headers.host}`
  const say = (value: unknown): void => {
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
  if (req.url === '/jwks') return say(JWKS)
  if (req.url !== '/token') return say(discovery(issuer))
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    const code = new URLSearchParams(Buffer.concat(chunks).toString()).get('code') ?? ''
    void idTokenFor(issuer, code).then((id_token) =>
      say({ access_token: 'nothing', token_type: 'Bearer', expires_in: 300, id_token }),
    )
  })
})

const discovery = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  code_challenge_methods_supported: ['S256'],
})

async function idTokenFor(issuer: string, code: string): Promise<string> {
  const { nonce, person, groupCount } = readCode(code)
  const { subject, username, email, groups } = personOf(person, groupCount)
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer,
    aud: CLIENT.id,
    sub: subject,
    preferred_username: username,
    email,
    groups,
    nonce,
    iat,
    exp: iat + 300,
  }
  const signed = `${HEADER}.${encode(claims)}`
  return `${signed}.${(await signInPool('sha256', Buffer.from(signed), privateKey)).toString('base64url')}`
}
