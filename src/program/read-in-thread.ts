import { serialize } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { ConfigFaults, loadConfig } from '../config/load.ts'
import { watched } from './looked-at.ts'
import { diskWorld } from './read-config.ts'
import { READING, type ReadingAnswer, type ReadingOrder } from './reading-thread.ts'

const AT_ONCE = 500

const { file, options, env } = workerData as ReadingOrder
const variables = new Set<string>()
const noted = new Proxy(env, {
  get(values, name) {
    if (typeof name !== 'string') return undefined
    variables.add(name)
    return values[name]
  },
  // Whoever asks only whether it is set has asked for it.
  getOwnPropertyDescriptor(values, name) {
    if (typeof name === 'string') variables.add(name)
    return Reflect.getOwnPropertyDescriptor(values, name)
  },
})
const { world, marks } = watched({ ...diskWorld(file), env: noted, ...options })

function find() {
  try {
    const { checked, hash, files, texts, warnings, operatorsAt } = loadConfig(world)
    const { rules, ...file } = checked.file
    return {
      loaded: { checked: { ...checked, file: { ...file, rules: [] } }, hash, files, texts, warnings, operatorsAt },
      rules: Array.from({ length: Math.ceil(rules.length / AT_ONCE) }, (_, piece) =>
        serialize(rules.slice(piece * AT_ONCE, (piece + 1) * AT_ONCE)),
      ),
    }
  } catch (thrown) {
    if (!(thrown instanceof ConfigFaults)) throw thrown
    return { faults: thrown.faults, tests: thrown.tests }
  }
}

parentPort?.postMessage(READING, [])
const found = find()
const answer: ReadingAnswer = { ...found, marks: marks(), variables: [...variables] }
parentPort?.postMessage(answer, [])
