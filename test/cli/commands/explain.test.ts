import { describe, expect, it } from 'vitest'
import { signedIn } from '../fake-terminal.ts'

const ANSWER = {
  role: 'payments-prod/admin',
  arn: 'arn:aws:iam::012345678901:role/Admin',
  available: false,
  because: 'denied_by_rule',
  idp: 'entra',
  groups: { count: 3, state: 'stated' },
  rules: [
    { rule: 'sre', effect: 'grant', met: { group: 'AWS-SRE' } },
    { rule: 'team', effect: 'grant', wants: ['AWS-Dev'] },
    { rule: 'no-leavers', effect: 'deny', met: { group: null } },
  ],
  unmet: [{ condition: 'x', why: 'Only in \u001b[31mthe browser.' }],
  limits: [{ by: 'role', seconds: 3600 }],
  nearest: ['payments-prod/readonly'],
  ask: ['#payments-oncall'],
}

describe('rolegate explain', () => {
  it('tells it in the order of the decision, and steers no terminal', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('POST /v1/explain', { json: ANSWER })
    const { exit, out } = await run('explain', 'payments-prod/admin')
    expect(exit).toBe(0)
    expect(out.split('\n').map((line) => line.trimEnd())).toEqual([
      '✗ payments-prod/admin: forbidden by a rule',
      '  groups   3 seen at entra',
      '  rules    ✓ sre  gives it: your group AWS-SRE',
      '           · team  gives it: wants AWS-Dev',
      '           ✗ no-leavers  forbids it: everyone',
      '  unmet    Only in [31mthe browser.',
      '  limit    1h  the role',
      '  instead  payments-prod/readonly',
      '  ask      #payments-oncall',
      '',
    ])
  })

  it('asks about a whole name as it is, and about a beginning as one of one’s own', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('POST /v1/explain', { json: ANSWER })
    await run('explain', 'other-account/admin')
    expect(gateway.asked.map(({ route }) => route)).toEqual(['POST /v1/explain'])
    await run('explain', 'payments-prod')
    expect(JSON.stringify(gateway.asked.at(-1))).toContain('payments-prod/readonly')
  })

  it('exits 6 for a role that there is not, and prints the answer as it came with --json', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('POST /v1/explain', { status: 404, json: { code: 'role_unknown', title: 'There is no such role' } })
    expect((await run('explain', 'no/where')).exit).toBe(6)
    gateway.on('POST /v1/explain', { json: { ...ANSWER, unmet: [] } })
    expect(JSON.parse((await run('explain', 'a/b', '--json')).out)).toMatchObject({ because: 'denied_by_rule' })
  })
})
