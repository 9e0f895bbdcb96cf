/**
 * The built gateway, `serve` by another hand: its clock leaps a minute when the bench says so. People are let sign in so many
 * terminals a minute and no more (security.md D-15), and a bench would wait for hours.
 */
import { pathToFileURL } from 'node:url'
import type { compose } from '../../src/compose.ts'
import type { readConfigFile } from '../../src/program/read-config.ts'
import { answer } from '../harness/answer.ts'
import { built } from '../harness/places.ts'

const { compose: composed } = (await import(pathToFileURL(built('compose')).href)) as { compose: typeof compose }
const { readConfigFile: read } = (await import(pathToFileURL(built('program/read-config')).href)) as {
  readConfigFile: typeof readConfigFile
}

const loaded = read(process.argv[2] ?? '', { insecureDev: true })
if (loaded === undefined) throw new Error('the configuration will not do')
let leapt = 0
const gateway = await composed(loaded.config, {
  now: () => new Date(Date.now() + leapt),
  print: (text) => process.stdout.write(text),
  version: 'bench',
  demo: false,
  acceptNewIssuer: false,
  configHash: loaded.hash,
})
const [port] = await gateway.listen()

answer({
  port: () => port,
  leap: () => void (leapt += 61_000),
})
