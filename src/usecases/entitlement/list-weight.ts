import type { HeldRole } from '../../domain/entitlement/decide.ts'

type Weighed = Pick<HeldRole, 'via'> & { readonly state: string }

/** What a list weighs that is kept under this key, in hundreds of bytes: with what is compressed of it, and with a little to spare. */
export function listWeight(key: string, list: readonly { readonly roles: readonly Weighed[] }[]): number {
  const distinct = new Set(list.map(({ roles }) => roles))
  const roles = [...distinct].reduce((sum, some) => some.reduce((all, role) => all + roleWeight(role), sum), 0)
  return 20 + key.length / 50 + list.length * 0.6 + roles
}

/** A refusal is an error, and knows where it was made. */
const roleWeight = ({ via, state }: Weighed): number => 4.5 + via.length * 0.6 + (state === 'available' ? 0 : 17)
