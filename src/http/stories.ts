import type { approvalRoutes } from './routes/approvals.ts'
import type { setupRoutes } from './routes/setup.ts'
import type { Principal } from '../domain/sign-in/principal.ts'
import type { makeAuthenticate } from './authenticate.ts'
import type { makeAnswerCredentials } from './credentials.ts'
import type { OauthStories } from './oauth-answers.ts'
import type { authorizeRoutes } from './routes/authorize.ts'
import type { containerRoutes } from './routes/container.ts'
import type { deviceRoutes } from './routes/device.ts'
import type { goRoutes } from './routes/go.ts'
import type { identityCenterRoutes } from './routes/identity-center.ts'
import type { adminAccessRoutes } from './routes/admin-access.ts'
import type { adminIdpTestRoutes } from './routes/admin-idp-test.ts'
import type { adminRoutes } from './routes/admin.ts'
import type { meRoutes } from './routes/me.ts'
import type { oauthRoutes } from './routes/oauth.ts'
import type { passThroughRoutes } from './routes/pass-through.ts'
import type { portalRoutes } from './routes/portal.ts'
import type { samlRoutes } from './routes/saml.ts'
import type { signInRoutes } from './routes/sign-in.ts'
import type { stepUpRoutes } from './routes/step-up.ts'
import type { tokenExchangeRoutes } from './routes/token-exchange.ts'
import type { v1Routes } from './routes/v1.ts'
import type { v1RequestRoutes } from './routes/v1-requests.ts'
import type { makeLogRefusal } from './witness.ts'

/** What server.ts makes of its settings and hands to its routes itself. */
type MadeByServer =
  | 'answerCredentials'
  | 'answerIdpTest'
  | 'attempts'
  | 'authenticate'
  | 'awsAttempts'
  | 'browserSession'
  | 'clients'
  | 'cookie'
  | 'cookieName'
  | 'digest'
  | 'formTargets'
  | 'idpSignOut'
  | 'logRefusal'
  | 'moveBrowser'
  | 'oauthAnswers'
  | 'opensConsole'
  | 'opensIdp'
  | 'origin'
  | 'providers'
  | 'publicHost'
  | 'publicUrl'
  | 'requireCsrf'
  | 'samlForm'
  | 'secure'
  | 'testAttempts'
  | 'version'

type NeedsOf<Part extends (deps: never) => unknown> = Omit<Parameters<Part>[0], MadeByServer>

/** Every story that a door calls, and the few facts that doors are told beside them. */
export type Stories = OauthStories &
  Pick<Parameters<typeof identityCenterRoutes>[0], 'clients'> & {
    isStaff: (principal: Principal) => boolean
  } & NeedsOf<typeof goRoutes> &
  NeedsOf<typeof portalRoutes> &
  NeedsOf<typeof passThroughRoutes> &
  NeedsOf<typeof deviceRoutes> &
  NeedsOf<typeof stepUpRoutes> &
  NeedsOf<typeof approvalRoutes> &
  NeedsOf<typeof meRoutes> &
  NeedsOf<typeof setupRoutes> &
  NeedsOf<typeof adminRoutes> &
  NeedsOf<typeof adminAccessRoutes> &
  NeedsOf<typeof adminIdpTestRoutes> &
  NeedsOf<typeof oauthRoutes> &
  NeedsOf<typeof authorizeRoutes> &
  NeedsOf<typeof tokenExchangeRoutes> &
  NeedsOf<typeof containerRoutes> &
  NeedsOf<typeof signInRoutes> &
  NeedsOf<typeof identityCenterRoutes> &
  NeedsOf<typeof samlRoutes> &
  NeedsOf<typeof makeAuthenticate> &
  NeedsOf<typeof v1RequestRoutes> &
  NeedsOf<typeof v1Routes> &
  NeedsOf<typeof makeAnswerCredentials> &
  Pick<Parameters<typeof makeLogRefusal>[0], 'noteTurnedAway'>
