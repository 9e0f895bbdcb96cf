import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { botocoreWithServices, withoutBotocore } from './botocore.ts'

/** A `~/.aws/config` as one SDK reads it: profiles by name, and the sections they point to. */
export type SdkConfig = {
  readonly profiles: Record<string, Record<string, unknown>>
  readonly sso_sessions: Record<string, Record<string, unknown>>
  readonly services: Record<string, Record<string, unknown>>
}

const BOTOCORE = `
import json, sys
from botocore.configloader import load_config
from botocore.exceptions import ConfigParseError
for path in json.load(sys.stdin):
    try:
        full = load_config(path)
        print(json.dumps({key: full.get(key, {}) for key in ("profiles", "sso_sessions", "services")}))
    except ConfigParseError:
        print("null")
`

/** Why Python's SDK cannot be asked here, or undefined. */
export const noBotocore = withoutBotocore(botocoreWithServices)

/** The texts as Python's SDK reads them; null where it cannot. */
export function readByBotocore(texts: readonly string[]): readonly (SdkConfig | null)[] {
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-botocore-'))
  try {
    const paths = texts.map((text, index) => {
      const path = join(folder, String(index))
      writeFileSync(path, text)
      return path
    })
    const out = execFileSync(botocoreWithServices?.python ?? 'python3', ['-X', 'utf8', '-c', BOTOCORE], {
      input: JSON.stringify(paths),
      encoding: 'utf8',
    })
    return out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as SdkConfig | null)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

type SmithyConfig = {
  loadSharedConfigFiles(init: object): Promise<{ configFile: Record<string, Record<string, string>> }>
}

/** The profiles and sections of a text as the JavaScript SDK reads them. */
export async function readByJs(text: string): Promise<Record<string, Record<string, string>>> {
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-js-'))
  const configFilepath = join(folder, 'config')
  try {
    writeFileSync(configFilepath, text)
    // Not a package of ours: it comes with the SDK.
    const smithy = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-sts'))(
      '@smithy/core/config',
    ) as SmithyConfig
    const init = { configFilepath, filepath: join(folder, 'credentials'), ignoreCache: true }
    return (await smithy.loadSharedConfigFiles(init)).configFile
  } finally {
    rmSync(folder, { recursive: true })
  }
}
