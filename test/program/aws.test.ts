import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { run } from '../../src/program/aws.ts'
import { A_FILE } from '../config/a-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'rolegate-aws-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => void vi.restoreAllMocks())

const PINNED = 'sts:\n  default: { egress: { cidrs: [52.94.76.0/28] } }\n'

async function aws(text: string, ...args: readonly string[]) {
  const file = join(folder, 'rolegate.yaml')
  writeFileSync(file, text)
  const [out, err] = [[] as string[], [] as string[]]
  vi.spyOn(process.stdout, 'write').mockImplementation((said) => out.push(String(said)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation((said) => err.push(String(said)) > 0)
  const exit = await run([...args, '--config', file])
  vi.restoreAllMocks()
  return { exit, out: out.join(''), err: err.join('').replaceAll(file, 'FILE') }
}

describe('rolegate aws trust-policy', () => {
  it('prints what the role’s IAM role needs, pinned to where our calls come from (threats.md F3)', async () => {
    const { exit, out, err } = await aws(`${A_FILE}${PINNED}`, 'trust-policy', 'pay-prod/admin')
    expect([exit, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({
      Statement: [
        {
          Principal: { Federated: 'arn:aws:iam::111111111111:oidc-provider/aws.example.com' },
          Condition: {
            StringLike: { 'aws.example.com:sub': '111111111111:team/Admin:*' },
            IpAddress: { 'aws:SourceIp': ['52.94.76.0/28'] },
          },
        },
      ],
    })
  })

  it('says of SAML who vouches, and pins a VPC endpoint', async () => {
    const sts = 'sts:\n  default: { strategy: saml, egress: { vpce: [vpce-0a1b2c3d] } }\n'
    const { exit, out } = await aws(`${A_FILE}${sts}`, 'trust-policy', '222222222222/readonly')
    expect(exit).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      Statement: [
        {
          Principal: { Federated: 'arn:aws:iam::222222222222:saml-provider/rolegate' },
          Condition: { StringEquals: { 'aws:SourceVpce': ['vpce-0a1b2c3d'] } },
        },
      ],
    })
  })

  it('warns of a role that is pinned to nothing, and prints it', async () => {
    const { exit, out, err } = await aws(A_FILE, 'trust-policy', 'pay-prod/readonly')
    expect(exit).toBe(0)
    expect(err).toContain('warning: sts.default has no egress: whoever gets hold of a token for it takes the role')
    expect(JSON.parse(out).Statement[0].Condition).not.toHaveProperty('IpAddress')
  })

  it('does not print an elevated one, unless that is accepted', async () => {
    const refused = await aws(A_FILE, 'trust-policy', 'pay-prod/admin')
    expect([refused.exit, refused.out]).toEqual([3, ''])
    expect(refused.err).toContain('error: pay-prod/admin is elevated, and sts.default has no egress')
    expect(refused.err).toContain('--accept no-egress-pin')
    const accepted = await aws(A_FILE, 'trust-policy', 'pay-prod/admin', '--accept', 'no-egress-pin')
    expect([accepted.exit, accepted.out === '']).toEqual([0, false])
    expect(accepted.err).toContain('warning: ')
    expect((await aws(A_FILE, 'trust-policy', 'pay-prod/admin', '--accept', 'anything')).exit).toBe(2)
    const inTheFile = `${A_FILE}sts: { default: { accept: no-egress-pin } }\n`
    expect(await aws(inTheFile, 'trust-policy', 'pay-prod/admin')).toMatchObject({ exit: 0, out: accepted.out })
  })

  it('says why a role whose assertion browsers post is pinned to nothing', async () => {
    const text = `${A_FILE.replace('env: dev }', 'env: dev, console: saml_post }')}sts:\n  default: { strategy: saml, egress: { cidrs: [52.94.76.0/28] } }\n`
    const { exit, out, err } = await aws(text, 'trust-policy', 'pay-dev/readonly')
    expect(exit).toBe(0)
    expect(err).toContain('warning: browsers post our assertion to AWS in pay-dev')
    expect(out).not.toContain('SourceIp')
    expect((await aws(text, 'trust-policy', 'pay-dev/admin')).out).toContain('SourceIp')
  })

  it('has none for an account that takes the IdP’s own assertion', async () => {
    const accepting = A_FILE.replace('env: prod, tags', 'accept_risk: a test of this very thing, env: prod, tags')
      .replace('accounts: [pay-prod, pay-dev]', 'accounts: pay-dev')
      .replace('tags: [pci] }', 'tags: [pci], sts: own }')
    const own =
      'sts:\n  default: {}\n  own: { strategy: pass_through_oidc, idp: entra, client_id: aws, client_secret_env: IDP_SECRET }\n'
    const { exit, out, err } = await aws(`${accepting}${own}`, 'trust-policy', 'pay-prod/readonly')
    expect([exit, out]).toEqual([2, ''])
    expect(err).toContain('pay-prod takes the IdP’s own assertion (sts.own)')
  })

  it.each([
    ['pay-prod/admn', 'error: FILE has no role pay-prod/admn; did you mean "pay-prod/admin"?\n'],
    ['pay-prod', 'error: FILE has no role pay-prod\n'],
    ['arn:nonsense', 'error: FILE has no role arn:nonsense\n'],
  ])('knows no %s', async (role, said) => {
    const { exit, out, err } = await aws(A_FILE, 'trust-policy', role)
    expect([exit, out]).toEqual([2, ''])
    expect(err).toContain(said)
  })

  it('prints nothing of a file that does not load', async () => {
    const { exit, out, err } = await aws('version: 2\n', 'trust-policy', 'pay-prod/admin')
    expect([exit, out]).toEqual([3, ''])
    expect(err).toContain('FILE:1:')
  })

  it.each([[[]], [['trust-policy']], [['trust-policy', 'a/b', 'c/d']]])('%j is a usage error', async (args) => {
    expect(await aws(A_FILE, ...args)).toEqual({
      exit: 2,
      out: '',
      err: 'error: say for which role, by which file: rolegate aws trust-policy ROLE --config FILE\nSee: rolegate aws --help\n',
    })
  })
})
