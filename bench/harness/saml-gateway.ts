import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configuration, firstAnswer, IDP } from './gateway.ts'
import { PROGRAM, script } from './places.ts'
import { freePorts, startProcess, type Side } from './side.ts'

/** Nobody asks this gateway for AWS credentials. */
const NOBODY = 'http://127.0.0.1:9'

/** The gateway of the other benches, with a SAML IdP in the place of the OIDC one. It also answers `loopDelay`. */
export async function startSamlGateway(metadata: string): Promise<Side> {
  const ports = await freePorts(2)
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-bench-'))
  const [file, metadataFile] = [join(folder, 'rolegate.yaml'), join(folder, 'idp.xml')]
  writeFileSync(metadataFile, metadata)
  const oidc = configuration({ audit: 'file', stsUrl: NOBODY, idpUrl: NOBODY, rules: 200 }, ports)
  writeFileSync(
    file,
    oidc.replace(/^idps:\n.*?(?=^accounts:)/ms, () => samlIdp(metadataFile)),
  )
  const gateway = startProcess({
    script: PROGRAM,
    args: ['serve', '--insecure-dev', '--config', file],
    env: { BENCH_MASTER_KEY: randomBytes(32).toString('base64') },
    nodeFlags: [`--import=file://${script('harness/loop-delay')}`],
    cleanUp: () => rmSync(folder, { recursive: true }),
  })
  const side = { ...gateway, url: `http://127.0.0.1:${ports[0]}` }
  await firstAnswer(side, '/.well-known/openid-configuration')
  return side
}

const samlIdp = (metadataFile: string): string => `idps:
  - id: ${IDP}
    type: saml
    metadata_file: ${metadataFile}
    username: attributes.username
    groups: { attribute: groups }
`
