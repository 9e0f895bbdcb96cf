import { makeLimitRate } from '../../src/adapters/store/limit-rate.ts'
import { makeMemoryStore } from '../../src/adapters/store/memory.ts'
import { makeTable } from '../../src/adapters/store/table.ts'
import type { AuditEvent } from '../../src/domain/audit/event.ts'
import type { GatewaySession } from '../../src/domain/sign-in/session.ts'
import { STEP_UP_DATES, type StepUpTrip } from '../../src/domain/sign-in/step-up.ts'
import type { StepUps } from '../../src/usecases/ports/tables.ts'
import { closingBy } from '../../src/domain/device/closing.ts'
import { makePlanHandOver } from '../../src/usecases/hand-over/plan-hand-over.ts'
import { makeConfirmStepUp } from '../../src/usecases/step-up/confirm-step-up.ts'
import { makeFinishStepUp } from '../../src/usecases/step-up/finish-step-up.ts'
import { makeGiveBackStepUp } from '../../src/usecases/step-up/give-back-step-up.ts'
import { makeTerminalStepUp } from '../../src/usecases/step-up/terminal-step-up.ts'
import { anIndex, aRule } from './a-mapping.ts'
import { aPrincipal, sha256 } from './a-principal.ts'
import { noRequests } from './a-role-request.ts'
import { aClock, aRequest, aSession, NINE } from './a-session.ts'
import { aPurpose } from './a-step-up.ts'

/** The stories of a step-up over one store. `live` are the sessions there are. */
export function aStepUpWorld({ crossNetwork = 'downgrade' }: { crossNetwork?: 'downgrade' | 'refuse' } = {}) {
  const clock = aClock()
  const store = makeMemoryStore({ now: clock.now })
  const recorded: AuditEvent[] = []
  const live = new Map<string, GatewaySession>()
  const { now } = clock
  const world = { rules: anIndex({ rules: [aRule({ roles: ['dev', 'admin'] })] }) }
  const heard = { onAudit: async (_event: AuditEvent): Promise<void> => undefined }
  let ids = 0
  const stepUps = makeTable(store, 'step-ups', STEP_UP_DATES) as StepUps
  const deps = {
    stepUps,
    findSession: async (id: string) => live.get(id),
    async audit(event: AuditEvent) {
      await heard.onAudit(event)
      recorded.push(event)
    },
    rules: () => world.rules,
    requestsOf: noRequests,
    nameNetwork: (address: string) => (address.startsWith('198.51.') ? 'vpn' : undefined),
    limitRate: makeLimitRate({ store, now }),
    randomText: () => `id-${String((ids += 1)).padStart(19, '0')}`,
    now,
  }
  const planHandOver = makePlanHandOver({
    ...deps,
    closing: closingBy({ console: true, except: new Set() }),
    issuer: { url: 'https://aws.example.com', tokenSeconds: 120 },
    strategies: new Map([['default', { kind: 'web_identity', audience: 'sts.amazonaws.com' }]]),
    configHash: 'c0ffee',
    sha256,
  })
  const keep = (session: GatewaySession): GatewaySession => {
    live.set(session.id, session)
    return session
  }

  return {
    clock,
    live,
    keep,
    recorded,
    /** What a test turns: the rules in force, and what happens while a record is written. */
    world,
    heard,
    planHandOver,
    stepUps,
    finish: makeFinishStepUp(deps),
    giveBack: makeGiveBackStepUp(deps),
    confirm: makeConfirmStepUp({ ...deps, planHandOver, crossNetwork }),
    terminal: makeTerminalStepUp(deps),
    browser: keep(aSession()),
    pkce: keep(
      aSession({
        id: 't1',
        via: 'pkce',
        terminal: { client: 'rolegate 1.0', host: 'laptop', address: aRequest().address },
      }),
    ),
  }
}

export type StepUpWorld = ReturnType<typeof aStepUpWorld>

export const aTrip = (changes: Partial<StepUpTrip> = {}): StepUpTrip => ({
  id: 'T'.repeat(22),
  purpose: aPurpose(),
  sessionId: 'session-1',
  startedAt: NINE,
  gives: 'hand-over',
  ...changes,
})

/** What the IdP answered: the same person, a moment after the trip began. */
export const anAnswer = (changes: Partial<Parameters<StepUpWorld['finish']['isProof']>[0]> = {}) => ({
  trip: aTrip(),
  principal: aPrincipal(),
  authentication: { authenticatedAt: NINE },
  needsMfa: false,
  request: aRequest(),
  ...changes,
})
