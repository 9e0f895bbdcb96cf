import * as z from 'zod'
import type { Vouchers } from '../domain/policy/last-good.ts'
import { readDocument } from './document.ts'
import { ConfigFaults } from './faults.ts'

const text = z.string().optional()
const Voucher = z.object({
  id: z.string(),
  issuer: text,
  entity_id: text,
  metadata_url: text,
  metadata_file: text,
})
const Part = z.object({ idps: z.array(Voucher), workloads: z.array(Voucher).default([]) })

/** Whom a file trusts, whatever else is wrong with it; undefined where that cannot be read. */
export function vouchersIn(written: string): Vouchers | undefined {
  try {
    const { data } = Part.safeParse(readDocument(written).value)
    return data && new Map([...data.idps, ...data.workloads].map(({ id, ...who }) => [id, JSON.stringify(who)]))
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) return undefined
    throw thrown
  }
}
