import type { Response } from 'express'
import { printCredentials, type CredentialFormat } from '../domain/aws/credential-formats.ts'
import type { Duration } from '../domain/entitlement/duration.ts'
import type { Taken } from '../usecases/hand-over/take-role.ts'
import { accountCard, roleCard } from './cards.ts'
import type { PrintedForm } from './models/cards.ts'
import { show } from './pages.ts'

/** A reusable secret for fifteen minutes: a 303 without a body, for no cache and no Referer (security.md C-2). */
export function sendToConsole(res: Response, url: string): void {
  res.set({ location: url, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).status(303).end()
}

/** The one page that shows credentials, in seven forms. */
export function showCredentials(res: Response, { credentials, facts, target, entitlement }: Taken): void {
  show(res, 'credentials', `Credentials for ${target.name}`, {
    account: accountCard(target.account),
    role: roleCard(entitlement),
    expiresAt: credentials.expiresAt,
    limitedBy: LIMITED_BY[facts.limitedBy],
    forms: FORMS.map(({ format, label }): PrintedForm => ({
      id: format,
      label,
      text: printCredentials(format, credentials, {
        profile: target.name.replace('/', '.'),
        region: target.account.region,
      }),
    })),
    back: `/roles/${target.name}`,
  })
}

/** `limitedBy` for people. */
const LIMITED_BY: Record<Duration['limitedBy'], string> = {
  requested: 'the time you chose',
  default: 'the role’s usual time',
  role: 'the role’s own limit',
  rule: 'the rule that gives you the role',
  'sign-in': 'the end of your sign-in',
  approval: 'the end of the approval',
}

const FORMS: readonly { format: CredentialFormat; label: string }[] = [
  { format: 'env', label: 'bash / zsh' },
  { format: 'fish', label: 'fish' },
  { format: 'powershell', label: 'PowerShell' },
  { format: 'windows-cmd', label: 'cmd' },
  { format: 'env-no-export', label: '.env' },
  { format: 'ini', label: 'credentials file' },
  { format: 'process', label: 'process JSON' },
]
