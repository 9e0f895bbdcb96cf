/**
 * Somebody with ten roles in each of a thousand accounts: what it costs to list them all, for a terminal and for a person,
 * and through the Identity-Center API, which asks for each account.
 */
import { gunzipSync } from 'node:zlib'
import { cpuPerOperation } from './harness/cpu.ts'
import { ACCOUNTS, startManyRoles } from './harness/many-roles.ts'
import { drive, send } from './harness/load.ts'
import { script } from './harness/places.ts'
import { interleave } from './harness/rounds.ts'
import { startSide } from './harness/side.ts'
import { signIn, signInDevice } from './harness/sign-in.ts'
import { costLine, type Figure } from './harness/verdict.ts'
import type { Bench } from './bench.ts'

/** As many people, each met by other rules. */
const PEOPLE = 10
const GROUPS = 50

export const portal: Bench = async ({ rounds, operations }) => {
  const op = await startSide({ script: script('neighbours/minimal-op') })
  const gateway = await startManyRoles(op.url)
  const cookies: string[] = []
  const bearers: string[] = []
  for (let person = 0; person < PEOPLE; person += 1) {
    const cookie = await signIn(gateway.url, { person, groupCount: GROUPS })
    cookies.push(cookie)
    bearers.push(await signInDevice(gateway.url, cookie))
  }
  const gzip = { 'accept-encoding': 'gzip' }
  const sizes = { list: 0, page: 0 }
  const list = async (index: number) => {
    const headers = { ...gzip, authorization: `Bearer ${bearers[index % PEOPLE]}` }
    const { bytes } = await send(`${gateway.url}/v1/roles?form=compact`, { headers })
    sizes.list = Math.max(sizes.list, bytes.length)
    return bytes
  }
  const page = async (index: number) => {
    const { bytes } = await send(gateway.url, { headers: { ...gzip, cookie: cookies[index % PEOPLE] ?? '' } })
    sizes.page = Math.max(sizes.page, bytes.length)
    return bytes
  }
  const byAccount = async (index: number): Promise<number> => listByAccount(gateway.url, bearers[index % PEOPLE] ?? '')
  const count = Math.max(PEOPLE, operations / 5)
  await requireAllRoles(await list(0))
  for (const ask of [list, page]) await drive(count, ask)

  const milliseconds = (ask: (index: number) => Promise<unknown>) => {
    const cost = cpuPerOperation(gateway, count, (times) => drive(times, ask))
    return async () => (await cost()) / 1000
  }
  const replaced = cpuPerOperation(gateway, 1, async () => {
    const calls = await byAccount(0)
    if (calls !== REPLACED_CALLS) throw new Error(`the Identity-Center API took ${calls} calls`)
  })
  const costs = await interleave(
    { list: milliseconds(list), page: milliseconds(page), replaced: async () => (await replaced()) / 1000 },
    rounds,
  )
  const [listed = [], shown = [], before = []] = [costs.get('list'), costs.get('page'), costs.get('replaced')]
  const figures: Figure[] = [
    { title: 'portal: all 10,000 roles in one call, kB compressed', ratios: [sizes.list / 1000], must: 20, goal: 12 },
    { title: 'portal: all 10,000 roles in one call, ms of CPU', ratios: listed, must: 4, goal: 2.5 },
    { title: 'portal: first page, kB compressed', ratios: [sizes.page / 1000], must: 20, goal: 8 },
    { title: 'portal: first page, ms of CPU', ratios: shown, must: 3, goal: 1 },
  ]
  return {
    costs: [
      costLine('GET /v1/roles?form=compact', listed, 'ms of CPU'),
      costLine('GET /', shown, 'ms of CPU'),
      costLine(`the same roles by the Identity-Center API, ${REPLACED_CALLS} calls`, before, 'ms of CPU'),
    ],
    figures,
  }
}

/** Ten pages of accounts, and one list of roles for each account. */
const REPLACED_CALLS = ACCOUNTS / 100 + ACCOUNTS

/** Everything through the Identity-Center API, as its clients do it; answers how many calls that took. */
async function listByAccount(gateway: string, bearer: string): Promise<number> {
  const headers = { 'x-amz-sso_bearer_token': bearer }
  const ids: string[] = []
  let calls = 0
  let turn = ''
  do {
    const { text } = await send(`${gateway}/assignment/accounts?max_result=100${turn}`, { headers })
    const { accountList, nextToken } = JSON.parse(text) as { accountList: { accountId: string }[]; nextToken?: string }
    ids.push(...accountList.map(({ accountId }) => accountId))
    turn = nextToken === undefined ? '' : `&next_token=${encodeURIComponent(nextToken)}`
    calls += 1
  } while (turn !== '')
  let roles = 0
  await drive(ids.length, async (index) => {
    const { text } = await send(`${gateway}/assignment/roles?account_id=${ids[index]}&max_result=100`, { headers })
    roles += (JSON.parse(text) as { roleList: unknown[] }).roleList.length
    calls += 1
  })
  if (roles !== ACCOUNTS * 10) throw new Error(`listed ${roles} roles`)
  return calls
}

/** What was measured is the whole list, in the one answer of one call. */
async function requireAllRoles(compressed: Buffer): Promise<void> {
  const { accounts, lists } = JSON.parse(gunzipSync(compressed).toString()) as {
    accounts: { list: number[] }
    lists: unknown[][]
  }
  const roles = accounts.list.reduce((sum, number) => sum + (lists[number]?.length ?? 0), 0)
  if (roles !== ACCOUNTS * 10) throw new Error(`listed ${roles} roles`)
}
