import { fileURLToPath } from 'node:url'
import { formTargetsOf, reachAws } from './compose/aws.ts'
import { basicsOf } from './compose/basics.ts'
import { giveWay, randomHex, randomText, sha256 } from './compose/chance.ts'
import type { Generation, Newest } from './compose/generation.ts'
import { handOverStories } from './compose/hand-overs.ts'
import { idpTargetsOf, makeAssertionSources, makeProviders } from './compose/identity-providers.ts'
import { openIssuer } from './compose/issuer.ts'
import { lifetimesOf } from './compose/lifetimes.ts'
import { recheckingOf } from './compose/rechecking.ts'
import { staffStories } from './compose/staff.ts'
import { terminalStories } from './compose/terminals.ts'
import { reachWorkloadIssuers, workloadStories } from './compose/workloads.ts'
import type { LoadedConfig, World } from './compose/world.ts'
import type { Config } from './config/config.ts'
import { textOf } from './config/reload/difference.ts'
import { RolegateError } from './domain/errors.ts'
import { createServer } from './http/server.ts'
import { SessionStore } from './http/session-store.ts'
import { PACKAGE } from './places.ts'
import { makeNoteTurnedAway } from './usecases/admin/note-turned-away.ts'
import { makeDescribeConfig } from './usecases/entitlement/describe-config.ts'
import { makeExplainNothing } from './usecases/entitlement/explain-nothing.ts'
import { makeExplainRole } from './usecases/entitlement/explain-role.ts'
import { makeFollowLink } from './usecases/entitlement/follow-link.ts'
import { makeListAccount, makeListAccounts } from './usecases/entitlement/list-accounts.ts'
import { makeListForIdentityCenter } from './usecases/entitlement/list-for-identity-center.ts'
import { makeListRoles } from './usecases/entitlement/list-roles.ts'
import { makeListWithRequests } from './usecases/entitlement/list-with-requests.ts'
import { makeLimitHandOvers } from './usecases/hand-over/limit-hand-overs.ts'
import { makePlanHandOver, type PlanHandOver } from './usecases/hand-over/plan-hand-over.ts'
import { makeAnswerRequest } from './usecases/request/answer-request.ts'
import { makeAskForRole } from './usecases/request/ask-for-role.ts'
import { makeSeeRequests } from './usecases/request/see-requests.ts'
import { makeBeginSignIn } from './usecases/sign-in/begin-sign-in.ts'
import { makeCompleteSignIn } from './usecases/sign-in/complete-sign-in.ts'
import { makeCountOnce } from './usecases/sign-in/count-once.ts'
import { makeEndSession } from './usecases/sign-in/end-session.ts'
import { makeEndSignIn } from './usecases/sign-in/end-sign-in.ts'
import { isTheirs, makeFindSession, type FindSession, type KnownIssuer } from './usecases/sign-in/find-session.ts'
import { makeMySessions } from './usecases/sign-in/my-sessions.ts'
import { makeRememberPerson } from './usecases/sign-in/people.ts'
import { makeReceiveLogout } from './usecases/sign-in/receive-logout.ts'
import { makeRecheckGroups } from './usecases/sign-in/recheck-groups.ts'
import { makeRecordRefused } from './usecases/sign-in/record-refused.ts'
import { makeNoteNames } from './usecases/sign-in/signed-in-by-name.ts'
import { makeBeginStepUp } from './usecases/step-up/begin-step-up.ts'
import { makeConfirmStepUp } from './usecases/step-up/confirm-step-up.ts'
import { makeFinishStepUp } from './usecases/step-up/finish-step-up.ts'
import { makeTerminalStepUp } from './usecases/step-up/terminal-step-up.ts'

const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

/**
 * All that one configuration makes of the world: the neighbours, then the stories, then the doors. A reload composes anew; what
 * is under way in an older generation asks the newest before it hands anything over (threats.md H5).
 */
export async function compose(
  loaded: LoadedConfig,
  world: World,
  newest: Newest,
  former?: Generation,
): Promise<Generation> {
  const { config, hash } = loaded
  const { host, witness, memory, emergency } = world

  // The neighbours.
  const issuer = await openIssuer(config, host, memory)
  const { providers, workloads } = await neighboursOf(config, world, former)
  const aws = reachAws(config, world)
  const assertionSources = makeAssertionSources(config, host, witness, providers)
  const rechecking = recheckingOf(config, providers, world)

  // What most stories need.
  const { browser, mostSeconds } = lifetimesOf(config)
  const mappings = new Map(config.idps.map(({ id, mapping }) => [id, mapping]))
  const issuerOf: KnownIssuer = (idp) => {
    const [issuer, subjectClaim] = [providers.get(idp)?.issuer(), mappings.get(idp)?.subject]
    return issuer === undefined || subjectClaim === undefined ? workloads.issuerOf(idp) : { issuer, subjectClaim }
  }
  const basics = basicsOf(loaded, world, issuerOf)
  const findOwnSession = makeFindSession({ ...basics, issuerOf })
  const findSession: FindSession = (id) => newest().findSession(id)
  const ownPlan = makePlanHandOver({ ...basics, ...aws, issuer: config.issuer })
  const planHandOver: PlanHandOver = {
    ...ownPlan,
    requireStillAllowed: (plan, ask) => newest().requireStillAllowed(plan, ask),
  }
  const deps = {
    ...basics,
    ...makeLimitHandOvers({ ...basics, limits: config.handOverLimits, onLimited: witness.metrics.handOverLimited }),
    recheckGroups: makeRecheckGroups({ ...basics, ...rechecking, endSignIn: makeEndSignIn(basics) }),
    countOnce: makeCountOnce(basics),
    endSession: makeEndSession(basics),
    newAttemptId: () => randomHex(32),
    recordRefused: makeRecordRefused(basics),
    issuerOf,
    findSession,
    planHandOver,
    providers,
    mappings,
    assertionSources,
  }

  // The stories.
  const { cli } = config.sessions
  const handOvers = handOverStories({ ...deps, ...aws, mint: issuer.mint })
  const terminals = terminalStories({ ...deps, clientSealer: memory.clientSealer }, cli)
  const staff = staffStories({ ...deps, ...rechecking }, loaded, world)
  const plainLists = { listAccounts: makeListAccounts(deps), listAccount: makeListAccount(deps) }
  const lists = makeListWithRequests({ ...deps, ...plainLists })
  const listAccounts = lists.accounts
  const beginSignIn = makeBeginSignIn(deps)
  const confirmStepUp = makeConfirmStepUp({ ...deps, crossNetwork: cli.crossNetwork })
  const seeRequests = makeSeeRequests({ ...deps, giveWay })
  const answerRequest = makeAnswerRequest({ ...deps, seeRequests, confirmStepUp })
  const stories = {
    ...handOvers,
    ...terminals,
    ...staff,
    beginSignIn,
    completeSignIn: makeCompleteSignIn({
      ...deps,
      ...browser,
      finishStepUp: makeFinishStepUp(deps),
      rememberPerson: makeRememberPerson(deps),
      noteNames: makeNoteNames(deps),
    }),
    beginStepUp: makeBeginStepUp({ ...deps, answerRequest, beginSignIn }),
    confirmStepUp,
    terminalStepUp: makeTerminalStepUp(deps),
    endSession: deps.endSession,
    findSession,
    mySessions: makeMySessions(deps),
    receiveLogout: makeReceiveLogout(deps),
    listAccounts,
    listRoles: makeListRoles({ ...deps, listAccounts }),
    listForIdentityCenter: makeListForIdentityCenter({ listAccounts, listAccount: lists.account }),
    describeConfig: makeDescribeConfig({
      ...plainLists,
      publicUrl: config.server.publicUrl,
      identityCenter: config.identityCenter,
    }),
    followLink: makeFollowLink({ ...handOvers, listAccounts }),
    explainRole: makeExplainRole(deps),
    explainNothing: makeExplainNothing(deps),
    askForRole: makeAskForRole(deps),
    answerRequest,
    seeRequests,
    noteTurnedAway: makeNoteTurnedAway(deps),
  }

  // The doors.
  const { publicUrl, listen, trustedProxies } = config.server
  const answer = createServer({
    ...memory,
    stories: {
      ...stories,
      ...workloadStories({ ...deps, ...stories, ...workloads }),
      offeredWays: new Set([...cli.login.values()].flatMap((ways) => [...ways])),
      nameNetwork: deps.nameNetwork,
      startHost: config.identityCenter.startHost,
      crossNetwork: cli.crossNetwork,
      mostSeconds,
      rules: deps.rules,
      requestsOf: deps.requestsOf,
      sha256,
      now: host.now,
      idpLabel: (idp) => providers.get(idp)?.label ?? idp,
      isClosed: (idp) => emergency.isClosed(idp),
      groupName: (idp, group) => config.groupNames.get(idp)?.get(group),
    },
    providers,
    documents: issuer.documents,
    sessionStore: new SessionStore({
      ...deps,
      ...browser,
      onUnnoted: (cause) => witness.log.error('when somebody was last seen could not be written', {}, cause),
    }),
    publicUrl,
    issuerUrl: config.issuer.url,
    trustedProxies,
    tlsInFront: publicUrl.startsWith('https:') && !LOOPBACK.includes(listen.host),
    formTargets: formTargetsOf(config),
    idpTargets: idpTargetsOf(config),
    absoluteSeconds: browser.absoluteSeconds,
    views: fileURLToPath(new URL('views', PACKAGE)),
    version: host.version,
    demo: host.demo,
    lastGoodSince: () => world.disk.lastGoodSince,
    randomText,
    isDraining: world.isDraining,
    now: host.now,
    witness,
  })

  return {
    config,
    hash,
    answer,
    rules: deps.rules,
    known: { providers, workloads },
    findSession: findOwnSession,
    async requireStillAllowed(plan, ask) {
      // A pod's session is made by the generation that was asked, and kept nowhere.
      if (!isTheirs(ask.session.principal, issuerOf)) throw new RolegateError('sign_in_required')
      await ownPlan.requireStillAllowed(plan, ask)
    },
    countGroups: staff.countGroups,
    // What the first person would wait for: the IdPs' metadata. And before them, whether our clock is AWS's (threats.md F10).
    warmUp() {
      for (const provider of providers.values()) void provider.warmUp()
      void aws.lookAtClocks()
    },
    down() {
      const down = [...providers.values()].filter((provider) => !provider.isReady())
      return [
        ...down.map(({ id }) => `idp:${id}`),
        ...rechecking.silent().map((id) => `directory:${id}`),
        ...workloads.down().map((id) => `workload:${id}`),
        ...aws.down(),
      ]
    },
    lookAtClocks: () => aws.lookAtClocks(),
    close: () => aws.close(),
  }
}

/** A neighbour nothing changed about is not asked again who it is: a reload while it is down ends nobody's way in. */
async function neighboursOf(config: Config, world: World, former?: Generation) {
  const { host, witness, memory } = world
  const isAsItWas = (key: 'idps' | 'workloads') => former && textOf(former.config[key]) === textOf(config[key])
  const providers = isAsItWas('idps') ? former?.known.providers : undefined
  const workloads = isAsItWas('workloads') ? former?.known.workloads : undefined
  const known = {
    providers: providers ?? makeProviders(config, world),
    workloads: workloads ?? reachWorkloadIssuers(config, host, witness, memory),
  }
  if (providers === undefined)
    await Promise.all([...known.providers.values()].map(async (provider) => provider.recall?.()))
  return known
}
