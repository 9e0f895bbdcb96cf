import * as z from 'zod'
import { ConfigFile } from './schema.ts'

export type JsonSchema = z.core.JSONSchema.BaseSchema

let made: JsonSchema | undefined

/** What editors check rolegate.yaml with: JSON Schema (draft 7) of what may be written, made from the schema itself, once. */
export const configJsonSchema = (): JsonSchema =>
  (made ??= { ...z.toJSONSchema(ConfigFile, { target: 'draft-7', io: 'input' }), title: 'rolegate.yaml' })

/** As `rolegate schema` prints it and config/rolegate.schema.json holds it. */
export const printConfigJsonSchema = (): string => `${JSON.stringify(configJsonSchema(), null, 2)}\n`
