import { sealUnder } from '../adapters/store/keys.ts'
import type { Config } from '../config/config.ts'
import { makeAuthenticateBearer } from '../usecases/device/authenticate-bearer.ts'
import { makeAuthorizeTerminal } from '../usecases/device/authorize-terminal.ts'
import { makeClients } from '../usecases/device/clients.ts'
import { makeDecideDeviceLogin } from '../usecases/device/decide-device-login.ts'
import { makeFindDeviceLogin } from '../usecases/device/find-device-login.ts'
import { makeIssueAccessToken, makeIssueTokens } from '../usecases/device/issue-tokens.ts'
import { makeRedeemAuthorizationCode } from '../usecases/device/redeem-authorization-code.ts'
import { makeRedeemDeviceLogin } from '../usecases/device/redeem-device-login.ts'
import { makeRefreshTokens } from '../usecases/device/refresh-tokens.ts'
import { makeRevokeToken } from '../usecases/device/revoke-token.ts'
import { makeShowDeviceLogin } from '../usecases/device/show-device-login.ts'
import { makeStartDeviceLogin } from '../usecases/device/start-device-login.ts'
import { makeStartTerminalSession } from '../usecases/device/start-terminal-session.ts'
import type { Sealer } from '../usecases/ports.ts'
import type { EndSession } from '../usecases/sign-in/end-session.ts'
import type { FindSession } from '../usecases/sign-in/find-session.ts'
import type { Basics } from './basics.ts'

/** Sign-ins of terminals, by a code that is typed elsewhere or by a browser beside them; their tokens, and the clients that ask. */
export function terminalStories(
  needs: Basics & { findSession: FindSession; endSession: EndSession; clientSealer: Sealer },
  cli: Config['sessions']['cli'],
) {
  const deps = {
    ...needs,
    loginWays: cli.login,
    startTerminalSession: makeStartTerminalSession({ ...needs, ...needs.limits }),
    findDeviceLogin: makeFindDeviceLogin(needs),
    issueAccessToken: makeIssueAccessToken({ ...needs, accessSeconds: cli.accessSeconds }),
    sealUnder,
  }
  const issueTokens = makeIssueTokens(deps)
  const atDevice = { ...deps, crossNetwork: cli.device.crossNetwork }
  return {
    clients: makeClients({ ...deps, sealer: needs.clientSealer }),
    authenticateBearer: makeAuthenticateBearer(deps),
    startDeviceLogin: makeStartDeviceLogin(deps),
    showDeviceLogin: makeShowDeviceLogin(atDevice),
    decideDeviceLogin: makeDecideDeviceLogin(atDevice),
    redeemDeviceLogin: makeRedeemDeviceLogin({ ...deps, issueTokens }),
    authorizeTerminal: makeAuthorizeTerminal(deps),
    redeemAuthorizationCode: makeRedeemAuthorizationCode({ ...deps, issueTokens, crossNetwork: cli.crossNetwork }),
    refreshTokens: makeRefreshTokens(deps),
    revokeToken: makeRevokeToken(deps),
  }
}
