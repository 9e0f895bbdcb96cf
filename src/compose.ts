import { randomBytes } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sealUnder } from './adapters/store/keys.ts'
import { formTargetsOf, reachAws } from './compose/aws.ts'
import { giveWay, random, randomText, sha256 } from './compose/chance.ts'
import type { Generation, Newest } from './compose/generation.ts'
import { idpTargetsOf, makeAssertionSources, makeProviders } from './compose/identity-providers.ts'
import { openIssuer } from './compose/issuer.ts'
import { recheckingOf } from './compose/rechecking.ts'
import { stoppedBy } from './compose/stopped.ts'
import { reachWorkloadIssuers, workloadStories } from './compose/workloads.ts'
import type { LoadedConfig, World } from './compose/world.ts'
import type { Config } from './config/config.ts'
import { textOf } from './config/reload/difference.ts'
import { printFault } from './config/faults.ts'
import { nameNetworkBy } from './config/networks.ts'
import { policyOf } from './config/policy.ts'
import { closingBy, oldestOf } from './domain/device/closing.ts'
import { standingOf } from './domain/admin/standing.ts'
import { compileRules } from './domain/entitlement/compile.ts'
import { RolegateError } from './domain/errors.ts'
import type { Principal } from './domain/sign-in/principal.ts'
import { createServer } from './http/server.ts'
import { SessionStore } from './http/session-store.ts'
import { PACKAGE } from './places.ts'
import { makeCountGroups } from './usecases/admin/count-groups.ts'
import { makeDescribePolicy } from './usecases/admin/describe-policy.ts'
import { makeExplainAs, makeExplainForStaff } from './usecases/admin/explain-as.ts'
import { makeRequireStanding } from './usecases/admin/require-standing.ts'
import { makeTestIdp } from './usecases/admin/test-idp.ts'
import { makeShowStatus } from './usecases/admin/show-status.ts'
import { makeWatchDenies } from './usecases/admin/watch-denies.ts'
import { makeAuthenticateBearer } from './usecases/device/authenticate-bearer.ts'
import { makeAuthorizeTerminal } from './usecases/device/authorize-terminal.ts'
import { makeClients } from './usecases/device/clients.ts'
import { makeDecideDeviceLogin } from './usecases/device/decide-device-login.ts'
import { makeFindDeviceLogin } from './usecases/device/find-device-login.ts'
import { makeIssueAccessToken, makeIssueTokens } from './usecases/device/issue-tokens.ts'
import { makeRedeemAuthorizationCode } from './usecases/device/redeem-authorization-code.ts'
import { makeRedeemDeviceLogin } from './usecases/device/redeem-device-login.ts'
import { makeRefreshTokens } from './usecases/device/refresh-tokens.ts'
import { makeRevokeToken } from './usecases/device/revoke-token.ts'
import { makeShowDeviceLogin } from './usecases/device/show-device-login.ts'
import { makeStartDeviceLogin } from './usecases/device/start-device-login.ts'
import { makeDescribeConfig } from './usecases/entitlement/describe-config.ts'
import { makeStartTerminalSession } from './usecases/device/start-terminal-session.ts'
import { makeExplainNothing } from './usecases/entitlement/explain-nothing.ts'
import { makeFollowLink } from './usecases/entitlement/follow-link.ts'
import { makeListAccount, makeListAccounts } from './usecases/entitlement/list-accounts.ts'
import { makeExplainRole } from './usecases/entitlement/explain-role.ts'
import { makeListForIdentityCenter } from './usecases/entitlement/list-for-identity-center.ts'
import { makeListWithRequests } from './usecases/entitlement/list-with-requests.ts'
import { makeListRoles } from './usecases/entitlement/list-roles.ts'
import { makeBeginPassThrough } from './usecases/hand-over/begin-pass-through.ts'
import { makeCompletePassThrough } from './usecases/hand-over/complete-pass-through.ts'
import { makeIssueCredentials } from './usecases/hand-over/issue-credentials.ts'
import { makeOpenConsole } from './usecases/hand-over/open-console.ts'
import { makeLimitHandOvers } from './usecases/hand-over/limit-hand-overs.ts'
import { makePlanHandOver, type PlanHandOver } from './usecases/hand-over/plan-hand-over.ts'
import { makePrepareConsole } from './usecases/hand-over/prepare-console.ts'
import { makeTakeRole } from './usecases/hand-over/take-role.ts'
import { makeAnswerRequest } from './usecases/request/answer-request.ts'
import { makeAskForRole } from './usecases/request/ask-for-role.ts'
import { makeSeeRequests } from './usecases/request/see-requests.ts'
import { makeRequestsOf } from './usecases/request/requests-of.ts'
import { makeBeginSignIn } from './usecases/sign-in/begin-sign-in.ts'
import { makeCompleteSignIn } from './usecases/sign-in/complete-sign-in.ts'
import { makeCountOnce } from './usecases/sign-in/count-once.ts'
import { makeEndSession } from './usecases/sign-in/end-session.ts'
import { makeEndSignIn } from './usecases/sign-in/end-sign-in.ts'
import { isTheirs, makeFindSession, type FindSession, type KnownIssuer } from './usecases/sign-in/find-session.ts'
import { makeMySessions } from './usecases/sign-in/my-sessions.ts'
import { makeRememberPerson } from './usecases/sign-in/people.ts'
import { makeRecheckGroups } from './usecases/sign-in/recheck-groups.ts'
import { makeFindSignedIn, makeNoteNames } from './usecases/sign-in/signed-in-by-name.ts'
import { makeReceiveLogout } from './usecases/sign-in/receive-logout.ts'
import { makeBeginStepUp } from './usecases/step-up/begin-step-up.ts'
import { makeConfirmStepUp } from './usecases/step-up/confirm-step-up.ts'
import { makeFinishStepUp } from './usecases/step-up/finish-step-up.ts'
import { makeGiveBackStepUp } from './usecases/step-up/give-back-step-up.ts'
import { makeTerminalStepUp } from './usecases/step-up/terminal-step-up.ts'

const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

/**
 * All that one configuration makes of the world: the neighbours, then the stories, then the doors. A reload composes anew; what
 * is under way in an older generation asks the newest before it hands anything over (threats.md H5).
 */
export async function compose(
  { config, hash, files, warnings }: LoadedConfig,
  world: World,
  newest: Newest,
  former?: Generation,
): Promise<Generation> {
  // The neighbours.
  const { host, witness, memory } = world
  const issuer = await openIssuer(config, host, memory)
  const { providers, workloads } = await neighboursOf(config, world, former)
  const aws = reachAws(config, world)
  const index = compileRules(config.mapping)

  // The stories.
  const { cli, oldestGroups } = config.sessions
  // Groups are as old as the sign-in: when they decide nothing any more, it is over (threats.md I7).
  const oldestGroupsSeconds = oldestOf(oldestGroups)
  const browser = {
    ...config.sessions.browser,
    absoluteSeconds: Math.min(config.sessions.browser.absoluteSeconds, oldestGroupsSeconds),
  }
  const { digest, codeDigest, nameDigests, limitRate, limitShared } = memory
  const { now } = host
  const { audit } = world.log
  const { emergency } = world
  const rules = () => emergency.over(index)
  const staff = () => config.admin
  const loadedAt = now()
  const [mainFile = ''] = files
  const inForce = () => ({
    hash,
    loadedAt,
    files,
    warnings: warnings.map((warning) => printFault(basename(mainFile), warning)),
    testCount: config.tests.length,
    ...browser,
    onDisk: world.disk,
  })
  const policy = policyOf(config, dirname(mainFile))
  const nameNetwork = nameNetworkBy(config.networks)
  const closing = closingBy(config.sessions.cli.device, stoppedBy(world, config.reload), oldestGroups)
  // A terminal lives as long as its sign-in may be renewed, and no longer than a device may (threats.md D4).
  const mostSeconds = { pkce: cli.refreshSeconds, device: Math.min(cli.device.maxSeconds, cli.refreshSeconds) }
  const limits = { absoluteSeconds: browser.absoluteSeconds, mostSeconds, oldestGroupsSeconds }
  const mappings = new Map(config.idps.map(({ id, mapping }) => [id, mapping]))
  const issuerOf: KnownIssuer = (idp) => {
    const [issuer, subjectClaim] = [providers.get(idp)?.issuer(), mappings.get(idp)?.subject]
    return issuer === undefined || subjectClaim === undefined ? workloads.issuerOf(idp) : { issuer, subjectClaim }
  }
  const deps = {
    ...memory.tables,
    limits,
    emergency,
    configEpoch: world.configEpoch,
    closing,
    nameNetwork,
    digest,
    codeDigest,
    nameDigests,
    limitRate,
    limitShared,
    audit,
    rules,
    configHash: hash,
    requestsOf: makeRequestsOf({ ...memory.tables, emergency, rules, issuerOf, digest, now }),
    random,
    randomText,
    sha256,
    now,
  }
  const findOwnSession = makeFindSession({ ...deps, issuerOf })
  const findSession: FindSession = (id) => newest().findSession(id)
  const endSession = makeEndSession(deps)
  const ownPlan = makePlanHandOver({ ...deps, ...aws, issuer: config.issuer })
  const planHandOver: PlanHandOver = {
    ...ownPlan,
    requireStillAllowed: (plan, ask) => newest().requireStillAllowed(plan, ask),
  }
  const onLimited = witness.metrics.handOverLimited
  const counting = makeLimitHandOvers({ ...deps, limits: config.handOverLimits, onLimited })
  const rechecking = recheckingOf(config, providers, world)
  const recheckGroups = makeRecheckGroups({ ...deps, ...rechecking, endSignIn: makeEndSignIn(deps) })
  const atHandOver = { ...counting, recheckGroups, findSession, planHandOver }
  const atHeart = { ...deps, ...aws, ...atHandOver, giveBackStepUp: makeGiveBackStepUp(deps) }
  const heart = makeTakeRole({ ...atHeart, mint: issuer.mint })
  const prepareConsole = makePrepareConsole(aws)
  const countOnce = makeCountOnce(deps)
  const newAttemptId = () => randomBytes(4).toString('hex')
  const away = {
    ...deps,
    ...heart,
    prepareConsole,
    assertionSources: makeAssertionSources(config, host, witness, providers),
  }
  const findDeviceLogin = makeFindDeviceLogin(deps)
  const issueAccessToken = makeIssueAccessToken({ ...deps, accessSeconds: cli.accessSeconds })
  const issueTokens = makeIssueTokens({ ...deps, issueAccessToken })
  const plainLists = { listAccounts: makeListAccounts(deps), listAccount: makeListAccount(deps) }
  const lists = makeListWithRequests({ ...deps, ...plainLists })
  const listAccounts = lists.accounts
  const listRoles = makeListRoles({ ...deps, listAccounts })
  const startTerminalSession = makeStartTerminalSession({ ...deps, findSession, mostSeconds })
  const letIn = { ...deps, loginWays: cli.login, findSession, startTerminalSession }
  const atDevice = { ...letIn, findDeviceLogin, crossNetwork: cli.device.crossNetwork }
  const countGroups = makeCountGroups({ ...deps, watchDenies: makeWatchDenies({ ...deps, giveWay }) })
  const requireStanding = makeRequireStanding({ staff, now })
  const idps = new Set(providers.keys())
  const explainAs = makeExplainAs({
    ...deps,
    ...browser,
    idps,
    findSignedIn: makeFindSignedIn({ ...deps, findSession, issuerOf, idps }),
    groupNames: config.groupNames,
    hash,
  })
  const beginSignIn = makeBeginSignIn({ ...deps, providers, newAttemptId })
  const confirmStepUp = makeConfirmStepUp({ ...deps, planHandOver, crossNetwork: cli.crossNetwork })
  const seeRequests = makeSeeRequests({ ...deps, giveWay })
  const answerRequest = makeAnswerRequest({ ...deps, seeRequests, confirmStepUp, recheckGroups })
  const finishStepUp = makeFinishStepUp({ ...deps, findSession })
  const atSignIn = {
    endSession,
    finishStepUp,
    rememberPerson: makeRememberPerson(deps),
    noteNames: makeNoteNames(deps),
  }
  const stories = {
    beginSignIn,
    completeSignIn: makeCompleteSignIn({
      ...deps,
      ...browser,
      ...atSignIn,
      providers,
      mappings,
      countOnce,
    }),
    beginStepUp: makeBeginStepUp({ ...deps, planHandOver, answerRequest, beginSignIn }),
    confirmStepUp,
    terminalStepUp: makeTerminalStepUp(deps),
    endSession,
    findSession,
    receiveLogout: makeReceiveLogout({ ...deps, providers, endSession }),
    listAccounts,
    listRoles,
    followLink: makeFollowLink({ listAccounts, prepareConsole }),
    describeConfig: makeDescribeConfig({
      ...plainLists,
      publicUrl: config.server.publicUrl,
      identityCenter: config.identityCenter,
    }),
    listForIdentityCenter: makeListForIdentityCenter({ listAccounts, listAccount: lists.account }),
    clients: makeClients({ ...deps, sealer: memory.clientSealer }),
    explainRole: makeExplainRole(deps),
    askForRole: makeAskForRole(deps),
    answerRequest,
    seeRequests,
    isStaff: (principal: Principal) => standingOf(staff(), principal) !== undefined,
    requireStanding,
    explainForStaff: makeExplainForStaff({ requireStanding, explainAs, audit }),
    testIdp: makeTestIdp({ ...deps, providers, mappings, requireStanding, findSession, countOnce, newAttemptId }),
    describePolicy: makeDescribePolicy({ requireStanding, policy, hash, providers }),
    showStatus: makeShowStatus({ ...rechecking, emergency, inForce, rules, closing, providers, countGroups }),
    mySessions: makeMySessions({ ...deps, endSession }),
    explainNothing: makeExplainNothing(deps),
    issueCredentials: makeIssueCredentials(heart),
    openConsole: makeOpenConsole({ ...deps, ...heart, prepareConsole }),
    beginPassThrough: makeBeginPassThrough({ ...away, newAttemptId }),
    completePassThrough: makeCompletePassThrough({ ...away, mappings, countOnce, findSession }),
    authenticateBearer: makeAuthenticateBearer({ ...deps, findSession }),
    startDeviceLogin: makeStartDeviceLogin(deps),
    showDeviceLogin: makeShowDeviceLogin(atDevice),
    decideDeviceLogin: makeDecideDeviceLogin(atDevice),
    authorizeTerminal: makeAuthorizeTerminal(letIn),
    redeemAuthorizationCode: makeRedeemAuthorizationCode({
      ...letIn,
      issueTokens,
      crossNetwork: cli.crossNetwork,
    }),
    redeemDeviceLogin: makeRedeemDeviceLogin({ ...letIn, issueTokens }),
    refreshTokens: makeRefreshTokens({ ...letIn, issueAccessToken, sealUnder }),
    revokeToken: makeRevokeToken({ ...deps, findSession, endSession }),
  }

  // The doors.
  const { publicUrl, listen, trustedProxies } = config.server
  const answer = createServer({
    ...memory,
    stories: {
      ...stories,
      ...workloadStories({ ...deps, ...stories, ...workloads, ...atHandOver }),
      offeredWays: new Set([...cli.login.values()].flatMap((ways) => [...ways])),
      nameNetwork,
      startHost: config.identityCenter.startHost,
      crossNetwork: cli.crossNetwork,
      prepareConsole,
      mostSeconds,
      rules,
      requestsOf: deps.requestsOf,
      sha256,
      now,
      idpLabel: (idp) => providers.get(idp)?.label ?? idp,
      isClosed: (idp) => emergency.isClosed(idp),
      groupName: (idp, group) => config.groupNames.get(idp)?.get(group),
    },
    providers,
    documents: issuer.documents,
    sessionStore: new SessionStore({
      ...deps,
      ...browser,
      findSession,
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
    newRequestId: () => randomText(96),
    isDraining: world.isDraining,
    now,
    witness,
  })

  return {
    config,
    hash,
    answer,
    rules,
    known: { providers, workloads },
    findSession: findOwnSession,
    async requireStillAllowed(plan, ask) {
      // A pod's session is made by the generation that was asked, and kept nowhere.
      if (!isTheirs(ask.session.principal, issuerOf)) throw new RolegateError('sign_in_required')
      await ownPlan.requireStillAllowed(plan, ask)
    },
    countGroups,
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
