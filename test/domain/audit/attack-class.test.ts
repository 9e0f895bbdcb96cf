import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { attackClassOf } from '../../../src/domain/audit/attack-class.ts'
import { RolegateError } from '../../../src/domain/errors.ts'

const SRC = new URL('../../../src/', import.meta.url)
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
const textOf = (path: string) => readFileSync(new URL(path, SRC), 'utf8')

describe('what attacks try is known by its class (security.md A-9)', () => {
  it.each([
    ['saml_signature', 'signature'],
    ['saml_signature_place', 'wrapping'],
    ['assertion_used_before', 'replay'],
    ['claim:aud', 'audience'],
    ['altered_cookie', 'guess'],
    ['ended_token', undefined],
    ['saml_expired', undefined],
    ['no_attempt_in_this_browser', undefined],
    ['__proto__', undefined],
  ])('%s is %s', (reason, kind) => {
    expect(attackClassOf(new RolegateError('sign_in_rejected', {}, { reason }))).toBe(kind)
  })

  it('an address where nothing is asked, however deep it lies', () => {
    const offLimits = Object.assign(new Error('no'), { code: 'OFF_LIMITS' })
    const cause = new TypeError('fetch failed', { cause: new Error('lookup', { cause: offLimits }) })
    expect(attackClassOf(new RolegateError('idp_unavailable', {}, { cause }))).toBe('ssrf')
    expect(attackClassOf(new RolegateError('idp_unavailable', {}, { cause: new Error('down') }))).toBeUndefined()
  })

  it('by reasons that the program gives', () => {
    const path = 'domain/audit/attack-class.ts'
    const [, table = ''] = /const REASONS[\s\S]*?= (\{[\s\S]*?\n\})/.exec(textOf(path)) ?? []
    const listed = [...table.matchAll(/'([a-z_:]+)'/g)].map(([, reason = '']) => reason)
    const others = sources.filter((one) => one !== path).map(textOf)
    const text = others.join('\n')
    // What libraries call their failures, in small letters.
    const ours = listed.filter((reason) => !/^(oauth|err)_|^claim:/.test(reason))
    expect(ours.length).toBeGreaterThan(25)
    expect(ours.filter((reason) => !text.includes(`'${reason.replace(/^saml_/, '')}'`))).toEqual([])
  })
})
