/**
 * The built gateway, `serve` by another hand: its clock leaps a minute when the bench says so. People are let sign in so many
 * terminals a minute and no more (security.md D-15), and a bench would wait for hours.
 */
import { pathToFileURL } from 'node:url'
import type { openGateway } from '../../src/compose/gateway.ts'
import type { readConfigFile } from '../../src/program/read-config.ts'
import { answer } from '../harness/answer.ts'
import { built } from '../harness/places.ts'

const { openGateway: open } = (await import(pathToFileURL(built('compose/gateway')).href)) as {
  openGateway: typeof openGateway
}
const { readConfigFile: read } = (await import(pathToFileURL(built('program/read-config')).href)) as {
  readConfigFile: typeof readConfigFile
}

const loaded = read(process.argv[2] ?? '', { insecureDev: true, purpose: 'serve' })
if (loaded === undefined) throw new Error('the configuration will not do')
let leapt = 0
const gateway = await open(loaded, {
  now: () => new Date(Date.now() + leapt),
  print: (text) => process.stdout.write(text),
  version: 'bench',
  demo: false,
  acceptNewIssuer: false,
})
const [port] = await gateway.listen()

answer({
  port: () => port,
  leap: () => void (leapt += 61_000),
})
