import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSend } from '../../src/cli/send.ts'
import { policyFromJson } from '../../src/config/policy-json.ts'
import { policyOf } from '../../src/config/policy.ts'
import { policyAsJson } from '../../src/domain/policy/as-json.ts'
import { diffPolicies, isSame } from '../../src/domain/policy/diff.ts'
import type { Policy } from '../../src/domain/policy/policy.ts'
import { runningAt } from '../../src/program/check/running.ts'
import { aWorld, changed, load } from '../config/a-file.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf } from '../support/a-person.ts'
import { refusalFrom } from '../support/a-refusal.ts'
import { aTerminalBeside } from '../support/an-authorization.ts'

const BASE = readFileSync(new URL('../config/faults/base.yaml', import.meta.url), 'utf8')
const URL_OF = 'https://aws.example.com'

const policyIn = (text: string): Policy => {
  const files = { '/run/secrets/okta': 'kD9-fK2vq\n', '/etc/rolegate/keycloak.xml': '<unread/>' }
  return policyOf(load(text, aWorld({ files })).config, '/etc/rolegate')
}

/** As it goes over the wire. */
const asAnswered = (policy: Policy): unknown =>
  JSON.parse(JSON.stringify({ config: '9f31c2ab04de', idps: [], ...policyAsJson(policy) }))

describe('a policy that a gateway told', () => {
  it('is the one it has: patterns, captures, jobs, denies and all', () => {
    const jobs = BASE.replace(
      'accounts:\n',
      'workloads: [{ id: ci, issuer: https://ci.example.com, require: { project: "7" } }]\naccounts:\n',
    ).replace(
      'sts:\n',
      '  - { id: ci, match: { workload: ci, claims: { ref: main } }, grant: { accounts: pay-dev, roles: readonly, max_duration: 30m } }\n  - { id: hours, match: { idp: entra, group: Night }, grant: { accounts: pay-dev, roles: readonly, require: { time: "Mon-Fri 07:00-20:00 Europe/Berlin", ip: [203.0.113.0/24], reason: true } } }\nsts:\n',
    )
    const policy = policyIn(`${jobs}admin: { operators: { idp: entra, group: Platform } }\n`)
    const read = policyFromJson(asAnswered(policy))
    expect(read?.hash).toBe('9f31c2ab04de')
    const diff = diffPolicies(read?.policy ?? policyIn(BASE), policy)
    expect([diff, isSame(diff)]).toEqual([expect.anything(), true])
  })

  it('is compared with a file as another file is', () => {
    const [before, after] = [policyIn(BASE), policyIn(BASE.replace('any_of: [Team, Leads]', 'group: Team'))]
    const told = policyFromJson(asAnswered(before))
    expect(diffPolicies(told?.policy ?? after, after)).toEqual(diffPolicies(before, after))
  })

  it.each([[null], ['<html>'], [{}], [{ ...(asAnswered(policyIn(changed())) as object), rules: [{ id: 'x' }] }]])(
    'is nothing where the answer is %j',
    (answer) => {
      expect(policyFromJson(answer)).toBeUndefined()
    },
  )
})

describe('asking a gateway what it has in force', () => {
  const answering = (status: number, body: unknown) => {
    const asked: unknown[] = []
    const send = (ask: unknown) => {
      asked.push(ask)
      return Promise.resolve({ status, body })
    }
    return { asked, running: async () => runningAt(URL_OF, { send, accessToken: () => Promise.resolve('rga_x') }) }
  }

  it('takes one question, with the sign-in of this machine', async () => {
    const policy = policyIn(BASE)
    const { asked, running } = answering(200, asAnswered(policy))
    expect(await running()).toMatchObject({ from: URL_OF, hash: '9f31c2ab04de' })
    expect(asked).toEqual([{ method: 'GET', path: '/v1/config', bearer: 'rga_x' }])
  })

  it('says who is told, to whom it is not told (threats.md P2)', async () => {
    const refusal = await refusalFrom(answering(403, { code: 'not_entitled', title: 'x', detail: 'y' }).running())
    expect(refusal).toMatchObject({
      code: 'not_entitled',
      values: {
        title: `${URL_OF} does not tell you what it has in force`,
        detail: expect.stringContaining('operators and auditors'),
        next: expect.stringContaining('Ask one of them'),
      },
    })
  })

  it.each([
    [401, 'sign_in_required', 'Sign in anew: rolegate --server https://aws.example.com login'],
    [
      403,
      'condition_unmet',
      'Sign in through a browser on this machine: rolegate --server https://aws.example.com login',
    ],
  ])('says what to do about %i %s, and keeps why the gateway says so', async (status, code, next) => {
    const refusal = await refusalFrom(answering(status, { code, title: 'No', detail: 'Old groups.' }).running())
    expect(refusal).toMatchObject({ code, values: { detail: 'Old groups.', next } })
  })

  it.each([
    [503, { code: 'store_unavailable' }, 'store_unavailable'],
    [200, { rules: 'all' }, 'gateway_unreachable'],
  ])('fails with what came back: %i %j', async (status, body, code) => {
    expect((await refusalFrom(answering(status, body).running())).code).toBe(code)
  })
})

describe('asking a gateway that runs', () => {
  let demo: Demo
  beforeAll(async () => void (demo = await aDemo()))
  afterAll(() => demo.close())

  const askAs = (accessToken: string) => {
    const world = { fetch, timeout: AbortSignal.timeout, interrupted: new AbortController().signal, version: 'x' }
    const send = makeSend(world, demo.url, () => undefined)
    return runningAt(demo.url, { send, accessToken: () => Promise.resolve(accessToken) })
  }

  it('an operator reads the policy', async () => {
    const running = await askAs(await aTerminalBeside(demo, await aPersonAt(demo, 'alice')))
    expect(running).toMatchObject({ from: demo.url, hash: expect.stringMatching(/^[0-9a-f]{12}$/) })
  })

  it('everybody else reads whom to ask, and whoever signed in with a code how to sign in', async () => {
    const plain = await refusalFrom(askAs(await aTerminalBeside(demo, await aPersonAt(demo, 'carol'))))
    expect([plain.code, plain.values['next']]).toEqual(['not_entitled', expect.stringContaining('Ask one of them')])
    const byCode = await refusalFrom(askAs((await aTerminalOf(demo, await aPersonAt(demo, 'alice'))).accessToken))
    expect([byCode.code, byCode.values['next']]).toEqual(['condition_unmet', expect.stringContaining('browser')])
    const nobody = await refusalFrom(askAs('rga_x'))
    expect([nobody.code, nobody.values['next']]).toEqual(['sign_in_required', expect.stringContaining('Sign in anew')])
  })
})
