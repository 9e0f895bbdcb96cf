import { RolegateError } from '../errors.ts'

/** How many groups somebody is in that they were not in before, and the other way round. */
export type GroupsChange = { readonly groupsGained: number; readonly groupsLost: number }

/** What differs between two lists of groups, each in any order; undefined: nothing. */
export function changeIn(before: readonly string[], now: readonly string[]): GroupsChange | undefined {
  const [was, is] = [new Set(before), new Set(now)]
  const groupsGained = [...is].filter((group) => !was.has(group)).length
  const groupsLost = [...was].filter((group) => !is.has(group)).length
  return groupsGained + groupsLost === 0 ? undefined : { groupsGained, groupsLost }
}

export const GROUPS_CHANGED = 'groups_changed'
export const GROUPS_UNREAD = 'groups_unread'

/** The sign-in is over; only a new one reads groups anew. */
export const groupsChanged = () =>
  new RolegateError('sign_in_required', { why: GROUPS_CHANGED }, { reason: GROUPS_CHANGED })

/** Says nothing about the person: their directory should have been asked and did not answer. */
export const groupsUnread = (idp: string, retryAfterSeconds: number, reason: string, cause?: unknown) =>
  new RolegateError('idp_unavailable', { idp, why: GROUPS_UNREAD, retryAfterSeconds }, { reason, cause })

const EVERYBODY = { of: 'everybody' }

/** Marks a directory's failure that concerns everybody and not only the person it was asked about. */
export const ofEverybody = (isSo: boolean): { readonly of?: string } => (isSo ? EVERYBODY : {})
export const isOfEverybody = ({ values }: RolegateError): boolean => values['of'] === EVERYBODY.of
