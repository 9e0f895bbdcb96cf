/**
 * A program of somebody else's that uses AWS's SDK for JavaScript: it asks a provider of credentials, several times at once
 * where told to, and says what came. In a thread of its own, because the SDK keeps what it has read while it is loaded.
 */
import { fromProcess, fromSSO } from '@aws-sdk/credential-providers'
import { parentPort, workerData } from 'node:worker_threads'

const { provider, init, times } = workerData
const provide = { fromProcess, fromSSO }[provider](init)
const asked = await Promise.allSettled(Array.from({ length: times }, () => provide()))
parentPort?.postMessage(
  asked.map(({ value, reason }) =>
    value === undefined ? { refused: reason.message, as: reason.name } : { lent: value },
  ),
  [],
)
