type Payload = Record<string, unknown> & { uid?: string; grantId?: string; consumed?: number }

/** What oidc-provider keeps for one start of the demo. Its models check expiry themselves; we only bound the number. */
const MOST_ROWS = 5000

/** oidc-provider's adapter contract, in one map: its own in-memory adapter is shared by every provider of a process. */
export function makeMemoryAdapter({ now }: { now: () => Date }) {
  const rows = new Map<string, Payload>()
  return (model: string) => ({
    upsert: async (id: string, payload: Payload) => {
      rows.delete(`${model}:${id}`)
      rows.set(`${model}:${id}`, payload)
      const [oldest] = rows.keys()
      if (rows.size > MOST_ROWS && oldest !== undefined) rows.delete(oldest)
    },
    find: async (id: string) => rows.get(`${model}:${id}`),
    findByUid: async (uid: string) => {
      for (const [key, payload] of rows) if (key.startsWith(`${model}:`) && payload.uid === uid) return payload
      return undefined
    },
    /** No device flow here. */
    findByUserCode: async () => undefined,
    destroy: async (id: string) => void rows.delete(`${model}:${id}`),
    consume: async (id: string) => {
      const payload = rows.get(`${model}:${id}`)
      if (payload !== undefined) payload.consumed = Math.floor(now().getTime() / 1000)
    },
    revokeByGrantId: async (grantId: string) => {
      // Of this model alone: an interaction outlives the grant of whoever it began with, when somebody else signs in at it.
      for (const [key, payload] of rows)
        if (key.startsWith(`${model}:`) && payload.grantId === grantId) rows.delete(key)
    },
  })
}
