import { describe, expect, it } from 'vitest'
import { nameRoles } from '../../../../src/domain/aws/config-file/profile-names.ts'
import { aConfigRole, PROD } from './a-gateway.ts'

const named = (template?: string) => nameRoles([aConfigRole()], template).map(({ name }) => name)

describe('profile names', () => {
  it.each([
    [undefined, 'payments-dev.readonly'],
    ['{alias}/{role}', 'payments-dev/readonly'],
    ['aws-{account}_{role}.{region}', 'aws-012345678901_readonly.eu-central-1'],
    ['just-one', 'just-one'],
  ])('by the template %s: %s', (template, name) => {
    expect(named(template)).toEqual([name])
  })

  it.each([
    '',
    '{alias} {role}',
    '[{alias}]',
    '{alias}\n{role}',
    '{alias}:{role}',
    '-{alias}',
    '{alias}#',
    'é',
    'x'.repeat(200),
  ])('the template %j makes no name', (template) => {
    expect(() => named(template)).toThrow('config_invalid')
  })

  it('nothing is called default: every command without a profile would take it', () => {
    expect(() => named('default')).toThrow('config_invalid')
  })

  it.each(['{Alias}', '{name}', '{}', '{__proto__}'])('there is no %s', (placeholder) => {
    expect(() => named(`x${placeholder}`)).toThrow(
      expect.objectContaining({ code: 'config_invalid', values: { placeholder } }),
    )
  })

  it('refuses one name for two roles, and says which', () => {
    const both = ['payments-dev/readonly', 'payments-prod/readonly']
    expect(() => nameRoles([aConfigRole(), PROD], '{role}')).toThrow(
      expect.objectContaining({ values: expect.objectContaining({ name: 'readonly', both }) }),
    )
  })
})
