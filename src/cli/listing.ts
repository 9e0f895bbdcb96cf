import type { Call, Option } from './command.ts'
import { inColumns, toCsv } from './table.ts'

const FORMS = ['table', 'json', 'csv']

/** The option of every command that lists something. */
export const output: Option = {
  type: 'string',
  short: 'o',
  value: 'FORM',
  oneOf: FORMS,
  about: 'table (default), json or csv',
}

/** Headings first. */
type Rows = readonly (readonly string[])[]

/** What is listed: the gateway's own answer, and the same as rows for people and for programs. */
type Listed = { readonly answer: unknown; readonly table: () => Rows; readonly csv: () => Rows }

/**
 * Prints a list in the form that was asked for; the form is checked before the gateway is asked. An empty table is not
 * drawn.
 */
export function listingFor({ text, json, misused, world }: Call): (listed: Listed) => void {
  const form = text('output') ?? (json ? 'json' : 'table')
  if (!FORMS.includes(form)) throw misused(`“${form}” is no form: write ${FORMS.join(', ')}.`)
  return ({ answer, table, csv }) => {
    if (form === 'json') return world.out(`${JSON.stringify(answer, null, 2)}\n`)
    if (form === 'csv') return world.out(toCsv(csv()))
    const rows = table()
    if (rows.length > 1) world.out(`${inColumns(rows).join('\n')}\n`)
  }
}
