import { parseArgs } from 'node:util'
import { printConfigJsonSchema } from '../config/json-schema.ts'

export const USAGE = `rolegate schema

Prints the JSON Schema that editors complete rolegate.yaml by.
`

/** `rolegate schema`: the JSON Schema that editors complete rolegate.yaml by. */
export async function run(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], options: {} })
  process.stdout.write(printConfigJsonSchema())
  return 0
}
