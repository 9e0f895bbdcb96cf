import { describe, expect, it } from 'vitest'
import { accountsMeant, rolesMeant } from '../../src/config/selectors.ts'
import type { ConfigFile } from '../../src/config/schema.ts'

const accounts = {
  pay: { env: 'prod', tags: ['money'] },
  play: { env: 'dev', tags: [] },
  'env:prod': { env: 'dev', tags: [] },
} as unknown as ConfigFile['accounts']

describe('accountsMeant', () => {
  it.each([
    ['*', ['pay', 'play', 'env:prod']],
    ['pay', ['pay']],
    [
      ['play', 'pay', 'play'],
      ['play', 'pay'],
    ],
    ['env:dev', ['play', 'env:prod']],
    ['tag:money', ['pay']],
    // An account that is called so is that account.
    ['env:prod', ['env:prod']],
    ['gone', []],
  ])('%j means %j', (selector, meant) => {
    expect([...accountsMeant(selector, accounts)]).toEqual(meant)
  })

  it('gives the same words the same set, and those of another file one of its own', () => {
    expect(accountsMeant('*', accounts)).toBe(accountsMeant('*', accounts))
    expect(accountsMeant(['pay', 'play'], accounts)).toBe(accountsMeant(['pay', 'play'], accounts))
    expect(accountsMeant(['*'], accounts)).not.toBe(accountsMeant('*', accounts))
    const { pay, ...others } = accounts
    expect([...accountsMeant('*', others)]).toEqual(['play', 'env:prod'])
    expect(pay).toBeDefined()
  })
})

describe('rolesMeant', () => {
  const roles = { admin: {}, read: {} } as unknown as ConfigFile['roles']

  it.each([
    ['*', ['admin', 'read']],
    // What a deny without roles means.
    [undefined, ['admin', 'read']],
    [['read', 'gone'], ['read']],
    ['__proto__', []],
  ])('%j means %j', (selector, meant) => {
    expect([...rolesMeant(selector, roles)]).toEqual(meant)
  })

  it('gives the same words the same set', () => {
    expect(rolesMeant(undefined, roles)).toBe(rolesMeant('*', roles))
    expect(rolesMeant('*', { ...roles })).not.toBe(rolesMeant('*', roles))
  })
})
