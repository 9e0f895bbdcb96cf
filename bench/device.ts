/** What a whole device flow costs the server, beside npm oidc-provider: its six requests, approval pages included. */
import { cpuPerOperation } from './harness/cpu.ts'
import { deviceFlow, DEVICE_CLIENT, ourDoors, SCOPE, type DeviceServer } from './harness/device.ts'
import { startGatewayByClock } from './harness/gateway.ts'
import { cookiesFrom, drive, send } from './harness/load.ts'
import { script } from './harness/places.ts'
import { interleave } from './harness/rounds.ts'
import { startSide, type Side } from './harness/side.ts'
import { signIn } from './harness/sign-in.ts'
import { costLine, ratiosOf } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

/** Signed in, each with so many groups; a person approves no more terminals a minute than they may. */
const PEOPLE = 50
const GROUPS = 50
/** Flows until the clock leaps: fewer than the tries that all people together have in a minute. */
const FLOWS_A_MINUTE = 200

export const device: Bench = async ({ rounds, operations }) => {
  const flows = operations / 2
  const op = await startSide({ script: script('neighbours/minimal-op') })
  const gateway = await startGatewayByClock({ audit: 'file', stsUrl: op.url, idpUrl: op.url, rules: 200 })
  const provider = await startSide({ script: script('peers/device-op') })

  const ours = await people((person) => signIn(gateway.url, { person, groupCount: GROUPS }))
  const theirs = await people((person) => enter(provider.url, person))
  const atOurs = flowsAt(ourDoors(gateway.url), ours)
  const run = {
    ours: async (count: number) => {
      for (let left = count; left > 0; left -= FLOWS_A_MINUTE) {
        await gateway.ask('leap')
        await atOurs(Math.min(left, FLOWS_A_MINUTE))
      }
    },
    theirs: flowsAt(doorsOf(provider), theirs),
  }
  for (const once of Object.values(run)) await once(flows)

  const costs = await interleave(
    {
      ours: cpuPerOperation(gateway, flows, run.ours),
      theirs: cpuPerOperation(provider, flows, run.theirs),
    },
    rounds,
  )
  const [our = [], their = []] = [costs.get('ours'), costs.get('theirs')]
  return {
    costs: [
      costLine('ours, audit in a file', our, 'us of CPU a flow'),
      costLine('oidc-provider', their, 'us of CPU a flow'),
    ],
    figures: [{ title: 'device: oidc-provider / ours', ratios: ratiosOf(their, our), must: 2, goal: 3, least: true }],
  }
}

/** Who goes through one flow does not begin another: oidc-provider keeps one page's secret a session. */
const flowsAt = (server: DeviceServer, cookies: readonly string[]) => {
  const free = [...cookies]
  return (count: number): Promise<void> =>
    drive(count, async () => {
      const cookie = free.shift() ?? ''
      await deviceFlow(server, cookie)
      free.push(cookie)
    })
}

async function people(signInOne: (person: number) => Promise<string>): Promise<readonly string[]> {
  const cookies: string[] = []
  for (let person = 0; person < PEOPLE; person += 1) cookies.push(await signInOne(person))
  return cookies
}

const doorsOf = ({ url }: Side): DeviceServer => ({
  authorization: `${url}/device/auth`,
  page: `${url}/device`,
  token: `${url}/token`,
})

/** A browser's way through the provider's own sign-in: three redirects, and no form. */
async function enter(provider: string, person: number): Promise<string> {
  const asked = new URLSearchParams({
    client_id: DEVICE_CLIENT,
    response_type: 'code',
    scope: SCOPE,
    redirect_uri: `${provider}/arrived`,
    login_hint: `person-${person}`,
  })
  const cookies = new Map<string, string>()
  let url = `${provider}/auth?${asked.toString()}`
  while (!url.startsWith(`${provider}/arrived`)) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await send(url, { expect: 303, headers: { cookie } })
    for (const pair of cookiesFrom(answer).split('; ')) cookies.set(...cut(pair))
    url = new URL(answer.headers.location ?? '', url).href
  }
  return [...cookies]
    .filter(([name]) => name.startsWith('_session'))
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
}

const cut = (pair: string): [string, string] => {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}
