/**
 * A credential broker the way most people would write it: Express, helmet, express-session in memory, jose, one STS
 * client, a log line. No audit trail, no sealed store, no rule index: what those cost is ours to earn back.
 */
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import express from 'express'
import session from 'express-session'
import helmet from 'helmet'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { randomUUID } from 'node:crypto'
import { ROLE } from '../harness/gateway.ts'
import { listenHere } from '../harness/listen-here.ts'
import { GROUP_POOL, personOf, type Person } from '../harness/people.ts'

declare module 'express-session' {
  interface SessionData {
    user?: Person
  }
}

const REGION = 'eu-central-1'
const sts = new STSClient({ region: REGION, endpoint: process.env['BENCH_STS_URL'] ?? '' })
const { privateKey, publicKey } = await generateKeyPair('ES256')
const jwk = { ...(await exportJWK(publicKey)), kid: 'standard', alg: 'ES256', use: 'sig' }

/** Which role each group opens. */
const grants = GROUP_POOL.filter((_, at) => at % 10 === 0).map((group, at) => ({
  group,
  role: `account-${String(at % 40).padStart(3, '0')}/developer`,
}))

const app = express()
app.use(helmet())
app.use(
  session({
    secret: 'keyboard cat',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
  }),
)
app.use(express.json())

app.get('/.well-known/jwks.json', (_req, res) => void res.json({ keys: [jwk] }))

app.post('/sign-in', (req, res, next) => {
  const { person, groupCount } = req.body as { person: number; groupCount: number }
  req.session.regenerate((failure) => {
    if (failure) return next(failure)
    req.session.user = personOf(person, groupCount)
    res.json({})
  })
})

app.post('/v1/credentials', async (req, res) => {
  const { user } = req.session
  const { role } = req.body as { role?: unknown }
  if (user === undefined) return void res.status(401).json({ error: 'sign in first' })
  if (typeof role !== 'string') return void res.status(400).json({ error: 'which role?' })
  const held = grants.filter(({ group }) => user.groups.includes(group)).map(({ role }) => role)
  if (role !== ROLE && !held.includes(role)) return void res.status(403).json({ error: 'not yours' })

  const token = await new SignJWT({ 'https://aws.amazon.com/source_identity': user.username })
    .setProtectedHeader({ alg: 'ES256', kid: 'standard' })
    .setIssuer('https://standard.example.com')
    .setAudience('sts.bench.example')
    .setSubject(user.subject)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('2m')
    .sign(privateKey)
  const answer = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: 'arn:aws:iam::111122220007:role/rolegate/developer',
      RoleSessionName: user.username,
      WebIdentityToken: token,
      DurationSeconds: 3600,
    }),
  )
  console.log(
    JSON.stringify({ time: new Date(), user: user.username, role, accessKeyId: answer.Credentials?.AccessKeyId }),
  )
  res.json({
    accessKeyId: answer.Credentials?.AccessKeyId,
    secretAccessKey: answer.Credentials?.SecretAccessKey,
    sessionToken: answer.Credentials?.SessionToken,
    expiration: answer.Credentials?.Expiration,
  })
})

listenHere(app)
