/** The floor of a hand-over: one shared STS client with the SDK's defaults, and nothing around it. */
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { answer } from '../harness/answer.ts'
import { drive } from '../harness/load.ts'

const client = new STSClient({ region: 'eu-central-1', endpoint: process.env['BENCH_STS_URL'] ?? '' })
/** As long as the tokens of the others. */
const token = `eyJhbGciOiJFUzI1NiJ9.${'eyJpc3Mi'.repeat(60)}.${'c2ln'.repeat(21)}`

const call = () =>
  client.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: 'arn:aws:iam::111122220007:role/rolegate/developer',
      RoleSessionName: 'firstname.lastname7+abcdefghij234567',
      WebIdentityToken: token,
      DurationSeconds: 3600,
    }),
  )

answer({ port: () => 0, run: (operations: number) => drive(operations, call) })
