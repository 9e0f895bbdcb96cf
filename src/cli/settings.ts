import { failure } from './failure.ts'
import { type Place, settingsFile } from './kept/places.ts'
import { readJson, unusable, writeJson } from './private-file.ts'
import { recordOf } from './record.ts'
import { parseServer } from './server-url.ts'

/** The gateway's origin and who named it: the flag, else ROLEGATE_URL, else the last sign-in. */
export async function chooseServer(
  flag: string | undefined,
  place: Place,
): Promise<{ origin: string; source: string }> {
  if (flag !== undefined) return chosen(flag, '--server')
  if (place.env['ROLEGATE_URL']) return chosen(place.env['ROLEGATE_URL'], 'ROLEGATE_URL')
  const saved = await savedServer(place)
  if (saved !== undefined) return chosen(saved, settingsFile(place))
  throw failure('config_invalid', {
    title: 'No gateway is named',
    detail: 'Neither --server nor ROLEGATE_URL is set, and nobody has signed in here yet.',
    next: 'Sign in once: rolegate login --server https://aws.example.com',
  })
}

const chosen = (text: string, source: string) => ({ origin: parseServer(text, source), source })

/** The origin of the last sign-in on this machine. */
async function savedServer(place: Place): Promise<string | undefined> {
  return (await readSettings(place)).server
}

/** True when somebody has signed in there from this machine before. */
export async function isKnownServer(origin: string, place: Place): Promise<boolean> {
  const { server, known } = await readSettings(place)
  return server === origin || known.includes(origin)
}

export async function saveServer(origin: string, place: Place): Promise<void> {
  const { server, known } = await readSettings(place)
  const all = new Set([...known, ...(server === undefined ? [] : [server]), origin])
  await writeJson(settingsFile(place), { version: 1, server: origin, known: [...all] })
}

async function readSettings(place: Place): Promise<{ server?: string; known: readonly string[] }> {
  const settings = await readJson(settingsFile(place))
  const { server, known } = recordOf(settings)
  if (server !== undefined && typeof server !== 'string') throw unusable(settingsFile(place), undefined)
  const origins = Array.isArray(known) ? known.filter((origin) => typeof origin === 'string') : []
  return { known: origins, ...(server !== undefined && { server }) }
}
