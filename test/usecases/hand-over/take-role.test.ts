import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import type { Credentials } from '../../../src/domain/aws/credentials.ts'
import { askedForRecord } from '../../../src/domain/entitlement/find-role.ts'
import { RolegateError, type ErrorCode } from '../../../src/domain/errors.ts'
import { aHandOver, aHangUp, LENT, SECRET, TOKEN } from '../../support/a-hand-over.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600
const DENY = aRule({ id: 'frozen', effect: 'deny', match: { everyone: true } })
const ADMIN = aRule({ roles: ['admin'] })
const nothing = () => Promise.resolve('prepared')
const codesOf = (recorded: readonly AuditEvent[]) =>
  recorded.map((event) => ('code' in event ? event.code : event.event))

/** Everything that was written down or thrown, as deep as a log would print it. */
const written = (...values: unknown[]) => inspect(values, { depth: 12 }) + JSON.stringify(values)

describe('a role that is kept from their sight (threats.md P3)', () => {
  const roles = [aRoleKind({ key: 'seen' }), aRoleKind({ key: 'hidden', roleName: 'Hidden', discoverable: false })]

  it.each(['credentials', 'console'] as const)(
    'is unknown while the store is down, as one that there is not: %s',
    async (handOver) => {
      const gateway = aHandOver()
      gateway.world.rules = anIndex({ roles, rules: [] })
      gateway.world.onAbout = () => {
        throw new RolegateError('store_unavailable')
      }
      const codeOf = async (role: string) =>
        (await refusalFrom(gateway.takeRole(handOver, gateway.ask({ role }), nothing))).code
      expect(await codeOf('payments-prod/nowhere')).toBe('role_unknown')
      expect(await codeOf('payments-prod/hidden')).toBe('role_unknown')
      expect(await codeOf('payments-prod/seen')).toBe('store_unavailable')
    },
  )
})

describe('takeRole', () => {
  it('decides, records the intent, mints, assumes, prepares, records the issue, and only then hands over (threats.md A1, A2)', async () => {
    const gateway = aHandOver()
    const { out, taken } = await gateway.takeRole('credentials', gateway.ask(), async () => {
      gateway.happened.push('prepare')
      return 'prepared'
    })
    expect(gateway.happened).toEqual(['intent', 'mint', 'sts', 'prepare', 'issued'])
    expect(out).toBe('prepared')
    expect(taken.credentials).toEqual(LENT)
  })

  it('counts for the role what is decided, before anything is on record of it or asked (threats.md P7)', async () => {
    const gateway = aHandOver()
    const counted: string[] = []
    gateway.world.limitRole = async (arn) => {
      counted.push(arn, ...gateway.happened)
      throw new RolegateError('rate_limited')
    }
    await refusalFrom(gateway.takeRole('credentials', gateway.ask({ role: 'payments-prod/nowhere' }), nothing))
    expect(counted).toEqual([])
    gateway.happened.splice(0)
    const { code } = await refusalFrom(gateway.takeRole('credentials', gateway.ask(), nothing))
    expect([code, counted]).toEqual(['rate_limited', ['arn:aws:iam::012345678901:role/rolegate/Developer']])
    expect(gateway.happened).toEqual([])
  })

  it('asks STS for the role, by the session name and for the seconds that were decided', async () => {
    const { takeRole, ask, assumed } = aHandOver()
    const { taken } = await takeRole('credentials', ask({ seconds: 1800 }), nothing)
    expect(assumed).toEqual([
      {
        sts: 'default',
        region: 'eu-central-1',
        roleArn: 'arn:aws:iam::012345678901:role/rolegate/Developer',
        assertion: { kind: 'web_identity', token: TOKEN },
        sessionName: taken.facts.sessionName,
        seconds: 1800,
      },
    ])
    expect(taken.facts.sessionName).toMatch(/^alice@example\.com\+[a-z2-7]{16}$/)
  })

  it('mints a token for this person, this role and this account, once each time (threats.md F1, F2)', async () => {
    const { takeRole, ask, minted } = aHandOver()
    const { taken } = await takeRole('credentials', ask(), nothing)
    await takeRole('credentials', ask(), nothing)
    const [first, second] = minted
    expect(first).toMatchObject({ iss: 'https://aws.example.com', aud: 'sts.amazonaws.com', jti: taken.facts.jti })
    expect(first?.sub).toMatch(/^012345678901:rolegate\/Developer:[a-z2-7]{26}$/)
    expect(first?.['https://aws.amazon.com/source_identity']).toBe(taken.facts.sessionName)
    expect(second?.jti).not.toBe(first?.jti)
  })

  it('records who, which role, by which rule and group, how long and why, under one jti', async () => {
    const { takeRole, ask, recorded } = aHandOver()
    await takeRole('console', ask({ seconds: 12 * HOUR }), nothing)
    const facts = {
      handOver: 'console',
      account: '012345678901',
      role: 'payments-prod/dev',
      seconds: 4 * HOUR,
      limitedBy: 'role',
      rule: 'payments-team',
      group: 'payments',
      jti: 'jti-1-128',
    }
    expect(recorded).toMatchObject([
      { event: 'intent', facts, principal: { subject: 'oid-1' }, session: { id: 'session-1' } },
      { event: 'issued', facts, accessKeyId: LENT.accessKeyId, expiresAt: LENT.expiresAt },
    ])
  })

  it.each(['payments-prod/dev', '012345678901/dev', 'arn:aws:iam::012345678901:role/rolegate/Developer'])(
    'takes the role that %s names',
    async (role) => {
      const { takeRole, ask } = aHandOver()
      expect((await takeRole('credentials', ask({ role }), nothing)).taken.facts.role).toBe('payments-prod/dev')
    },
  )

  it('sends the tags a role asks for, from constants and from claims', async () => {
    const tags = { Team: { constant: 'Platform' }, Department: { claim: 'department' } }
    const mapping = aMapping({ roles: [aRoleKind({ sessionTags: tags, transitiveTags: ['Team'] })] })
    const session = aSession({ principal: aPrincipal({ claims: { department: 'Pay' } }) })
    const { takeRole, ask, minted } = aHandOver({ mapping, session })
    await takeRole('credentials', ask(), nothing)
    expect(minted[0]?.['https://aws.amazon.com/tags']).toEqual({
      principal_tags: { Team: ['Platform'], Department: ['Pay'] },
      transitive_tag_keys: ['Team'],
    })
  })

  it('sends no key of a tag that is left out, to survive role chaining or otherwise', async () => {
    const tags = { Team: { constant: 'Platform' }, Stage: { claim: 'stage', idps: ['entra'], optional: true } } as const
    const mapping = aMapping({ roles: [aRoleKind({ sessionTags: tags, transitiveTags: ['Stage', 'Team'] })] })
    const { takeRole, ask, minted } = aHandOver({ mapping })
    await takeRole('credentials', ask(), nothing)
    expect(minted[0]?.['https://aws.amazon.com/tags']).toEqual({
      principal_tags: { Team: ['Platform'] },
      transitive_tag_keys: ['Team'],
    })
  })

  it('sends no source identity to a role that cannot take one', async () => {
    const { takeRole, ask, minted, recorded } = aHandOver({
      mapping: aMapping({ roles: [aRoleKind({ sourceIdentity: false })] }),
    })
    await takeRole('credentials', ask(), nothing)
    expect(Object.keys(minted[0] ?? {})).not.toContain('https://aws.amazon.com/source_identity')
    expect(recorded[0]).toMatchObject({ facts: { sourceIdentity: null } })
  })
})

describe('takeRole refuses before AWS hears of it', () => {
  type Case = { because: string; code: ErrorCode; world?: Parameters<typeof aHandOver>[0]; role?: string }
  const device = aSession({ via: 'device' })

  it.each<Case>([
    { because: 'a role we do not know', code: 'role_unknown', role: 'payments-prod/root' },
    { because: 'a prefix of a role (threats.md D12)', code: 'role_unknown', role: 'payments-prod/d' },
    { because: 'what is no role ARN', code: 'invalid_request', role: 'arn:aws:iam::1:role/x' },
    { because: 'a role no rule opens (security.md T-1)', code: 'not_entitled', role: 'payments-prod/admin' },
    {
      because: 'no groups (security.md M-1)',
      code: 'not_entitled',
      world: { session: aSession({ principal: aPrincipal({ groups: [] }) }) },
    },
    {
      because: 'a group of another IdP (security.md M-18)',
      code: 'not_entitled',
      world: { session: aSession({ principal: aPrincipal({ idp: 'okta' }) }) },
    },
    {
      because: 'a deny (security.md M-7)',
      code: 'denied_by_rule',
      world: { mapping: aMapping({ rules: [aRule(), DENY] }) },
    },
    {
      because: 'an ended session (threats.md I7)',
      code: 'sign_in_required',
      world: { session: aSession({ endsAt: NINE }) },
    },
    {
      because: 'less than 900 seconds left (threats.md H4)',
      code: 'sign_in_required',
      world: { session: aSession({ endsAt: secondsAfter(NINE, 899) }) },
    },
    {
      because: 'an elevated role from a terminal (threats.md D4)',
      code: 'condition_unmet',
      role: 'payments-prod/admin',
      world: { session: device, mapping: aMapping({ rules: [ADMIN] }) },
    },
    {
      because: 'a tag whose claim is missing (threats.md I5)',
      code: 'condition_unmet',
      world: { mapping: aMapping({ roles: [aRoleKind({ sessionTags: { Team: { claim: 'team' } } })] }) },
    },
    {
      because: 'a tag whose claim only objects know',
      code: 'condition_unmet',
      world: { mapping: aMapping({ roles: [aRoleKind({ sessionTags: { Team: { claim: 'constructor' } } })] }) },
    },
    {
      because: 'an sts entry without audience',
      code: 'config_invalid',
      world: { mapping: aMapping({ accounts: [anAccount({ sts: 'gone' })] }) },
    },
  ])('$because: $code, on record, and STS is never asked', async ({ code, world, role }) => {
    const gateway = aHandOver(world)
    const refusal = await refusalFrom(gateway.takeRole('credentials', gateway.ask({ ...(role && { role }) }), nothing))
    expect(refusal.code).toBe(code)
    expect(gateway.happened).toEqual(['refused'])
    expect(gateway.recorded).toMatchObject([
      {
        event: 'refused',
        handOver: 'credentials',
        role: askedForRecord(role ?? 'payments-prod/dev'),
        code,
        principal: { subject: 'oid-1' },
      },
    ])
    expect(gateway.recorded[0]).not.toHaveProperty('jti')
  })

  it('lets a terminal take a role that is not elevated', async () => {
    const { takeRole, ask, happened } = aHandOver({ session: device })
    await takeRole('credentials', ask(), nothing)
    expect(happened).toContain('issued')
  })

  it('refuses with audit_unavailable when not even the refusal can be written', async () => {
    const gateway = aHandOver()
    gateway.world.auditFailsAt = 'refused'
    const refusal = await refusalFrom(gateway.takeRole('credentials', gateway.ask({ role: 'x/y' }), nothing))
    expect(refusal.code).toBe('audit_unavailable')
  })
})

describe('takeRole when the audit log fails', () => {
  it('signs nothing without a durable intent (threats.md A1)', async () => {
    const gateway = aHandOver()
    gateway.world.auditFailsAt = 'intent'
    const refusal = await refusalFrom(gateway.takeRole('credentials', gateway.ask(), nothing))
    expect(refusal.code).toBe('audit_unavailable')
    expect(gateway.happened).toEqual([])
    expect(gateway.minted).toEqual([])
  })

  it('waits for the intent to be durable before it signs', async () => {
    const gateway = aHandOver()
    await gateway.takeRole('credentials', gateway.ask(), nothing)
    expect(gateway.happened.indexOf('intent')).toBeLessThan(gateway.happened.indexOf('mint'))
  })

  it('hands nothing over without a durable record of the issue (threats.md A2)', async () => {
    const gateway = aHandOver()
    gateway.world.auditFailsAt = 'issued'
    const refusal = await refusalFrom(gateway.takeRole('credentials', gateway.ask(), nothing))
    expect(refusal.code).toBe('audit_unavailable')
    expect(written(refusal)).not.toContain(SECRET)
  })
})

describe('takeRole when a neighbour fails', () => {
  it.each<[ErrorCode, RolegateError]>([
    ['aws_refused', new RolegateError('aws_refused', {}, { reason: 'trust_policy' })],
    ['aws_unavailable', new RolegateError('aws_unavailable')],
    ['sign_in_required', new RolegateError('sign_in_required')],
    ['internal', new TypeError('a stranger') as unknown as RolegateError],
  ])('records that STS answered %s, under the jti of the intent', async (code, thrown) => {
    const gateway = aHandOver()
    gateway.world.sts = () => Promise.reject(thrown)
    await expect(gateway.takeRole('credentials', gateway.ask(), nothing)).rejects.toBe(thrown)
    expect(gateway.happened).toEqual(['intent', 'mint', 'sts', 'refused'])
    const [intent, refused] = gateway.recorded
    expect(intent).toMatchObject({ facts: { jti: 'jti-1-128' } })
    expect(refused).toMatchObject({
      event: 'refused',
      code,
      jti: 'jti-1-128',
      ...(code === 'aws_refused' && { reason: 'trust_policy' }),
    })
  })

  it('records that the token could not be signed, and asks STS nothing', async () => {
    const gateway = aHandOver()
    gateway.world.mint = () => Promise.reject(new Error('no key'))
    await expect(gateway.takeRole('credentials', gateway.ask(), nothing)).rejects.toThrow('no key')
    expect(gateway.happened).toEqual(['intent', 'mint', 'refused'])
  })

  it('withholds the credentials when the way out fails, with the key’s id', async () => {
    const gateway = aHandOver()
    const thrown = new RolegateError('aws_unavailable')
    await expect(gateway.takeRole('console', gateway.ask(), () => Promise.reject(thrown))).rejects.toBe(thrown)
    expect(gateway.happened).toEqual(['intent', 'mint', 'sts', 'withheld'])
    expect(gateway.recorded[1]).toMatchObject({
      event: 'withheld',
      code: 'aws_unavailable',
      accessKeyId: LENT.accessKeyId,
      expiresAt: LENT.expiresAt,
      facts: { jti: 'jti-1-128' },
    })
  })
})

describe('takeRole while STS hangs (threats.md H5)', () => {
  type Gateway = ReturnType<typeof aHandOver>

  /** Asks, lets the world change while STS thinks, then lets STS answer. */
  async function meanwhile(change: (gateway: Gateway) => void, gateway = aHandOver()) {
    const sts = aHangUp<Credentials>()
    gateway.world.sts = () => sts.promise
    const asked = gateway.takeRole('credentials', gateway.ask(), nothing)
    // The story has walked as far as STS before the world changes.
    await expect.poll(() => gateway.happened).toContain('sts')
    change(gateway)
    sts.answer(LENT)
    return { asked, gateway }
  }

  it('hands over when nothing changed', async () => {
    const { asked, gateway } = await meanwhile(() => undefined)
    await asked
    expect(gateway.happened.at(-1)).toBe('issued')
  })

  it.each<{ because: string; code: ErrorCode; change: (gateway: Gateway) => void }>([
    {
      because: 'the session was ended',
      code: 'sign_in_required',
      change: ({ world }) => void (world.session = undefined),
    },
    {
      because: 'the session ran out',
      code: 'sign_in_required',
      change: ({ clock }) => clock.pass(12 * HOUR),
    },
    {
      because: 'the session was cut short',
      code: 'sign_in_required',
      change: ({ world }) => void (world.session = aSession({ endsAt: secondsAfter(NINE, 1) })),
    },
    {
      because: 'a deny came into force',
      code: 'denied_by_rule',
      change: ({ world }) => void (world.rules = anIndex({ rules: [aRule(), DENY] })),
    },
    {
      because: 'the grant was taken away',
      code: 'not_entitled',
      change: ({ world }) => void (world.rules = anIndex({ rules: [] })),
    },
    {
      because: 'the role was taken away',
      code: 'role_unknown',
      change: ({ world }) => void (world.rules = anIndex({ roles: [] })),
    },
    {
      because: 'the name now means another role',
      code: 'not_entitled',
      change: ({ world }) => void (world.rules = anIndex({ roles: [aRoleKind({ roleName: 'rolegate/Other' })] })),
    },
    {
      because: 'the name now means another account',
      code: 'not_entitled',
      change: ({ world }) => void (world.rules = anIndex({ accounts: [anAccount({ id: '999999999999' })] })),
    },
    {
      because: 'the rule now allows less than was lent',
      code: 'not_entitled',
      change: ({ world }) => void (world.rules = anIndex({ rules: [aRule({ maxSeconds: 900 })] })),
    },
  ])('withholds everything because $because', async ({ code, change }) => {
    const { asked, gateway } = await meanwhile(change)
    const refusal = await refusalFrom(asked)
    expect(refusal.code).toBe(code)
    expect(gateway.happened).toEqual(['intent', 'mint', 'sts', 'withheld'])
    expect(gateway.recorded.at(-1)).toMatchObject({ event: 'withheld', code, accessKeyId: LENT.accessKeyId })
    expect(written(refusal, gateway.recorded)).not.toContain(SECRET)
    expect(written(refusal, gateway.recorded)).not.toContain(LENT.sessionToken)
  })

  it('withholds an elevated role that the session has since become too weak for', async () => {
    const gateway = aHandOver({ mapping: aMapping({ rules: [aRule()] }) })
    const { asked } = await meanwhile(({ world }) => {
      world.session = aSession({ via: 'device' })
      world.rules = anIndex({ roles: [aRoleKind({ elevated: true })] })
    }, gateway)
    expect((await refusalFrom(asked)).code).toBe('condition_unmet')
    expect(gateway.happened.at(-1)).toBe('withheld')
  })

  it('looks again after the way out was prepared, not before', async () => {
    const gateway = aHandOver()
    const federation = aHangUp<string>()
    const asked = gateway.takeRole('console', gateway.ask(), () => federation.promise)
    await expect.poll(() => gateway.happened).toContain('sts')
    gateway.world.session = undefined
    federation.answer('https://…')
    expect((await refusalFrom(asked)).code).toBe('sign_in_required')
    expect(codesOf(gateway.recorded)).toEqual(['intent', 'sign_in_required'])
  })

  it('refuses all the same when even the withholding cannot be written', async () => {
    const { asked, gateway } = await meanwhile(({ world }) => {
      world.session = undefined
      world.auditFailsAt = 'withheld'
    })
    expect((await refusalFrom(asked)).code).toBe('audit_unavailable')
    expect(gateway.happened).not.toContain('issued')
  })
})

describe('takeRole keeps its secrets', () => {
  const ends: readonly { because: string; turn: (world: ReturnType<typeof aHandOver>['world']) => void }[] = [
    { because: 'it went well', turn: () => undefined },
    {
      because: 'STS refused',
      turn: (world) => void (world.sts = () => Promise.reject(new RolegateError('aws_refused'))),
    },
    { because: 'it was withheld', turn: (world) => void (world.session = undefined) },
    { because: 'the issue could not be recorded', turn: (world) => void (world.auditFailsAt = 'issued') },
  ]
  it.each(ends)(
    'token and credentials stand in no record and no error when $because (threats.md F2)',
    async ({ turn }) => {
      const gateway = aHandOver()
      turn(gateway.world)
      const thrown: unknown = await gateway.takeRole('credentials', gateway.ask(), nothing).then(
        () => undefined,
        (error: unknown) => error,
      )
      const text = written(thrown, gateway.recorded)
      for (const secret of [TOKEN, LENT.secretAccessKey, LENT.sessionToken]) expect(text).not.toContain(secret)
    },
  )

  it('gives the token to STS alone, and anew each time (threats.md F2)', async () => {
    const { takeRole, ask, happened } = aHandOver()
    const { taken } = await takeRole('credentials', ask(), nothing)
    await takeRole('credentials', ask(), nothing)
    expect(written(taken)).not.toContain(TOKEN)
    expect(happened.filter((step) => step === 'mint')).toHaveLength(2)
  })
})

describe('nothing leaves, wherever the hand-over stands when it is closed (threats.md H5, V1)', () => {
  type Gateway = ReturnType<typeof aHandOver>
  const person = { kind: 'person', issuer: 'https://idp.example.com', subject: 'oid-1', username: 'alice' } as const
  const { issuer, subject } = aPrincipal()
  const ALICE = { ...person, issuer, subject }
  const BY = { since: NINE.toISOString(), by: 'root', reason: 'test' }

  const CHANGES: Readonly<Record<string, readonly [ErrorCode, (gateway: Gateway) => unknown]>> = {
    'they sign out': ['sign_in_required', ({ world }) => (world.session = undefined)],
    'a reload denies it': ['denied_by_rule', ({ world }) => (world.rules = anIndex({ rules: [aRule(), DENY] }))],
    'the host closes the role': [
      'denied_by_rule',
      ({ emergency }) => emergency.declare({ denies: [{ aim: { kind: 'role', role: 'payments-prod/dev' }, ...BY }] }),
    ],
    'the host ends their sessions': [
      'sign_in_required',
      ({ emergency, clock }) => emergency.declare({ revocations: [{ aim: ALICE, before: clock.now().toISOString() }] }),
    ],
    'another gateway has a newer configuration': [
      'store_unavailable',
      ({ world }) => (world.stopped = 'config_behind'),
    ],
  }
  /** Where it stands: what is under way when the change comes. */
  const POINTS: Readonly<Record<string, (gateway: Gateway, change: () => Promise<unknown>) => void>> = {
    'before we sign': ({ world }, change) => {
      const { mint } = world
      world.mint = async () => change().then(mint)
    },
    'while STS thinks': ({ world }, change) => {
      const { sts } = world
      world.sts = async () => change().then(sts)
    },
    'while the console is prepared': ({ world }, change) => {
      const { federation } = world
      world.federation = async () => change().then(federation)
    },
    'while the record is written': ({ world }, change) => {
      world.onAudit = async ({ event }) => (event === 'issued' ? void (await change()) : undefined)
    },
  }

  const rows = Object.keys(CHANGES).flatMap((what) => Object.keys(POINTS).map((where) => [what, where] as const))
  it.each(rows)('%s %s', async (what, where) => {
    const gateway = aHandOver()
    const [code, change] = CHANGES[what] ?? ['internal', () => undefined]
    POINTS[where]?.(gateway, async () => change(gateway))
    const refusal = await refusalFrom(gateway.openConsole.url(gateway.ask()))
    expect(refusal.code).toBe(code)
    expect(written(refusal)).not.toMatch(/CANARY/)
    const ends = gateway.recorded.map(({ event }) => event)
    expect(ends).toEqual(
      where === 'while the record is written' ? ['intent', 'issued', 'withheld'] : ['intent', 'withheld'],
    )
    expect(gateway.recorded.at(-1)).toMatchObject({ event: 'withheld', code, accessKeyId: LENT.accessKeyId })
  })

  it('hears of all of it at one moment: a deny that lands while the session is looked for is one that was there', async () => {
    const gateway = aHandOver()
    const order: string[] = []
    const { world } = gateway
    let looks = 0
    world.onFind = async () => {
      order.push('session')
      looks += 1
      if (looks < 2) return
      await Promise.resolve()
      order.push('found')
    }
    world.onRefresh = () => void order.push('emergency')
    await gateway.takeRole('credentials', gateway.ask(), nothing)
    // Of the last look: both questions are out before either is answered.
    expect(order.slice(-3)).toEqual(['session', 'emergency', 'found'])
  })
})
