import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { REDACTABLE, redacted } from '../../../src/domain/audit/redact.ts'

const RECORD = {
  event: 'issued',
  client_ip: '203.0.113.7',
  requester_address: '203.0.113.7',
  approver_address: '198.51.100.2',
  user_agent: '',
  username: 'alice@example.com',
  session_name: 'alice@example.com+abc',
  source_identity: null,
  subject: 'oid-1',
  groups_count: 3,
}
const turned = (text: string) => text.split('').toReversed().join('')

it('puts the same in place of the same, in every field that says it (threats.md P8)', () => {
  const { client_ip, requester_address, approver_address, ...others } = redacted(RECORD, ['client_ip'], turned)
  expect([client_ip, requester_address, approver_address]).toEqual([
    'hmac:7.311.0.302',
    'hmac:7.311.0.302',
    'hmac:2.001.15.891',
  ])
  expect({ ...RECORD, ...others }).toEqual(RECORD)
})

it('hides the name that AWS is told with the name it is made of, and leaves what is empty', () => {
  expect(redacted(RECORD, ['username', 'user_agent'], turned)).toMatchObject({
    username: 'hmac:moc.elpmaxe@ecila',
    session_name: 'hmac:cba+moc.elpmaxe@ecila',
    source_identity: null,
    user_agent: '',
    subject: 'oid-1',
  })
})

it('leaves a record alone where nothing is named', () => {
  expect(redacted(RECORD, [], turned)).toEqual(RECORD)
})

it('knows every address that a record can hold', () => {
  const source = ['event.ts', 'facts.ts']
    .map((file) => readFileSync(new URL(`../../../src/domain/audit/${file}`, import.meta.url), 'utf8'))
    .join()
  const fields = [...source.matchAll(/readonly (\w+Address)\b/g)].map(([, field = '']) =>
    field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  )
  expect(fields.length).toBeGreaterThan(1)
  expect(REDACTABLE.client_ip).toEqual(expect.arrayContaining(fields))
})
