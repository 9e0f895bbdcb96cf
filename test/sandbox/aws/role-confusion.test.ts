import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ACCOUNT, aDemoAws, OTHER_ACCOUNT, roleArn } from './a-demo-aws.ts'

/** Names that begin or end with each other, with and without a path, in both accounts. */
function generatedRoles(seed: number) {
  const part = fc.string({ unit: fc.constantFrom(...'aA1_+=,.@-'.split('')), minLength: 1, maxLength: 3 })
  const family = fc
    .tuple(part, part)
    .map(([name, more]) => [name, name + more, more + name, `${name}/${more}`, `${name}/${name}`, name + name])
  const names = [...new Set(fc.sample(family, { seed, numRuns: 2 }).flat())]
  return [ACCOUNT, OTHER_ACCOUNT].flatMap((accountId) =>
    names.map((roleName) => ({ accountId, roleName, tagKeys: [] })),
  )
}

it.each([1, 2, 3])(
  'a token for one role is refused for every other, whatever they are called (threats.md F1): roles %i',
  async (seed) => {
    const roles = generatedRoles(seed)
    expect(roles.length).toBeGreaterThan(12)
    const world = await aDemoAws({ roles })
    try {
      for (const { accountId, roleName } of roles) {
        const WebIdentityToken = await world.issuer.sign(world.claimsFor(accountId, roleName))
        const answers = await Promise.all(
          roles.map(async (other) => {
            const RoleArn = roleArn(other.accountId, other.roleName)
            const { status } = await world.assume({ RoleArn, WebIdentityToken })
            return { RoleArn, status }
          }),
        )
        const opened = answers.filter(({ status }) => status === 200).map(({ RoleArn }) => RoleArn)
        expect(opened).toEqual([roleArn(accountId, roleName)])
        expect(answers.filter(({ status }) => status === 403)).toHaveLength(roles.length - 1)
      }
    } finally {
      await world.close()
    }
  },
)
