import * as z from 'zod'
import type { Vouchers } from '../domain/policy/last-good.ts'
import { readDocument } from './document.ts'
import { ConfigFaults } from './faults.ts'

/**
 * The keys of an entry that do not decide whom it trusts: its label, and how we authenticate to the IdP. Every other
 * key counts, known or not.
 */
const BESIDE = new Set([
  'label',
  'client_secret',
  'client_secret_env',
  'client_secret_file',
  'private_key_cert_file',
  'private_key_file',
  'token_endpoint_auth_method',
])

const entries = z.array(z.looseObject({ id: z.string() }))
const Part = z.object({ idps: entries, workloads: entries.default([]) })

/** Whom a file trusts, and for what, even if other parts of it are wrong; undefined if that cannot be read. */
export function vouchersIn(written: string): Vouchers | undefined {
  try {
    const { value, faults } = readDocument(written)
    const { data } = Part.safeParse(value)
    // What the text says beyond its plain value may narrow an entry, as a merge would.
    if (data === undefined || faults.length > 0) return undefined
    const found = new Map<string, string>()
    for (const [kind, list] of Object.entries(data))
      for (const { id, ...entry } of list)
        // Which of two is meant nobody knows: together they are like neither.
        found.set(id, `${found.get(id) ?? ''}${kind} ${printed(entry)}`)
    return found
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) return undefined
    throw thrown
  }
}

/** In whatever order its keys were written. */
function printed(entry: Readonly<Record<string, unknown>>): string {
  const trusted = Object.entries(entry).filter(([key]) => !BESIDE.has(key))
  return JSON.stringify(Object.fromEntries(trusted), (_key, value: unknown) =>
    isMapping(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value,
  )
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
