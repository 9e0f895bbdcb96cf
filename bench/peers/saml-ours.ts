/** The gateway's own service provider, whole, without a door in front of it. */
import { makeSamlProvider } from '../../src/adapters/saml/provider.ts'
import { asRolegateError } from '../../src/domain/errors.ts'
import { answer } from '../harness/answer.ts'
import { median } from '../harness/rounds.ts'
import {
  OPEN_QUESTION,
  OPEN_RELAY_STATE,
  SP_BASE,
  type Learned,
  type Refusal,
  type VerifyOrder,
} from '../harness/saml-sp.ts'

type Order = { readonly metadata: string; readonly decryptionKeyPem?: string }

const REPEATS = 5
const LONG_MS = 200

let provider: ReturnType<typeof makeSamlProvider> | undefined

function open({ metadata, decryptionKeyPem }: Order): Promise<void> {
  provider = makeSamlProvider({
    settings: {
      id: 'bench',
      label: 'Bench',
      metadata: { file: 'metadata.xml' },
      ...(decryptionKeyPem !== undefined && { decryption: { keyPem: decryptionKeyPem } }),
      skewSeconds: 60,
      forceAuthn: false,
      contexts: [],
      allow: { http: false, idpInitiated: false, sha1: false, cbc: false },
    },
    base: SP_BASE,
    readMetadata: async () => metadata,
    isTaken: () => false,
    kept: { get: async () => undefined, put: async () => {} },
    randomText: () => '',
    now: () => new Date(),
    warn: (what) => process.stderr.write(`${what}\n`),
  })
  return provider.warmUp()
}

function complete(field: string) {
  if (provider === undefined) throw new Error('not opened')
  const parameters = new Map([
    ['SAMLResponse', field],
    ['RelayState', OPEN_RELAY_STATE],
  ])
  const { requestId } = OPEN_QUESTION
  return provider.complete({ parameters }, { kind: 'saml', state: OPEN_RELAY_STATE, requestId, startedAt: new Date() })
}

async function learn(field: string): Promise<Learned> {
  const { claims } = await complete(field)
  return { nameId: String(claims['nameid']), groups: claims['groups'] as readonly string[] }
}

async function run({ field, operations }: VerifyOrder): Promise<void> {
  for (let done = 0; done < operations; done += 1) await complete(field)
}

/** The median of several times, and the reason for the log. What takes long is not done again. */
async function refuse(field: string): Promise<Refusal> {
  const times: number[] = []
  let reason = ''
  for (let turn = 0; turn < REPEATS && times.every((time) => time < LONG_MS); turn += 1) {
    const from = process.cpuUsage()
    const thrown = await complete(field).then(
      () => undefined,
      (failure: unknown) => failure,
    )
    const { user, system } = process.cpuUsage(from)
    times.push((user + system) / 1000)
    reason = thrown === undefined ? 'accepted' : (asRolegateError(thrown).reason ?? 'no reason')
  }
  return { milliseconds: median(times), reason }
}

answer({ port: () => 0, open, learn, run, refuse })
