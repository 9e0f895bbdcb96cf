import type { HeldRole } from '../../domain/entitlement/decide.ts'

type Weighed = Pick<HeldRole, 'via'> & { readonly state: string }

/**
 * The size of a kept list in hundreds of bytes, estimated a little high: with its key, and with the compressed text
 * made of it.
 */
export function listWeight(key: string, list: readonly { readonly roles: readonly Weighed[] }[]): number {
  const distinct = new Set(list.map(({ roles }) => roles))
  const roles = [...distinct].reduce((sum, some) => some.reduce((all, role) => all + roleWeight(role), sum), 0)
  return 20 + key.length / 50 + list.length * 0.6 + roles
}

/** A refusal is an error, and knows where it was made. */
const roleWeight = ({ via, state }: Weighed): number => 4.5 + via.length * 0.6 + (state === 'available' ? 0 : 17)
