import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { anIdpFor, idpEntry, withIdp } from '../support/a-directory-gateway.ts'
import { aTerminalOf, aVisitor, type Person } from '../support/a-person.ts'
import { groupId } from '../support/fake-graph.ts'
import type { FakeIdp } from '../support/fake-idp.ts'

const DEVELOPERS = groupId(1)

let idp: FakeIdp
let demo: Demo
let visitor: Person
const claims: Record<string, unknown> = { preferred_username: 'carol@example.com', groups: [DEVELOPERS, groupId(3)] }
/** The demo's gateway with an IdP beside it that states ids; test/http/group-names.yaml says what people call them. */
beforeAll(async () => {
  idp = await anIdpFor({ sub: 'carol', idToken: claims })
  const entry = idpEntry(
    'entra',
    idp,
    '    groups: { claim: groups, kind: id, names_file: test/http/group-names.yaml }\n',
  )
  const rules = `
  - id: entra-developers
    match: { idp: entra, group: Payments Developers }
    grant: { accounts: [payments-dev], roles: [developer] }
  - id: entra-readers
    match: { idp: entra, group: Payments Admins }
    grant: { accounts: [payments-dev], roles: [readonly] }
`
  demo = await aDemo({
    edit: (text) =>
      withIdp(
        entry,
        rules,
      )(text).replace(
        'operators: { idp: demo, group: platform-engineers }',
        'operators: { idp: entra, group: Auditors of Everything }',
      ),
  })
  visitor = aVisitor(demo)
  const away = await visitor.fetch(`${demo.url}/sign-in/entra`)
  await visitor.fetch((await idp.signIn(away.headers.get('location') ?? '')).href)
})
afterAll(async () => {
  await demo.close()
  await idp.stop()
})

describe('a group with a friendly name (threats.md R6)', () => {
  it('is called by it on pages', async () => {
    const role = await visitor.get('/roles/payments-dev/developer').expect(200)
    expect(role.text).toContain('for group <code>Payments Developers</code>')
    const why = await visitor.get('/roles/payments-dev/developer/why').expect(200)
    expect(why.text).toContain('to your group <code>Payments Developers</code>')
    const whyNot = await visitor.get('/roles/payments-dev/readonly/why').expect(200)
    expect(whyNot.text).toContain('<code>Payments Admins</code>')
  })

  it('keeps its id in answers to programs, which say its name beside', async () => {
    const { accessToken } = await aTerminalOf(demo, visitor)
    const ask = (path: string) => request(demo.url).get(path).set('authorization', `Bearer ${accessToken}`).expect(200)
    const { body } = await ask('/v1/roles')
    expect(body.roles[0].via).toEqual([{ rule: 'entra-developers', group: DEVELOPERS }])
    expect(body.groupNames).toEqual({ [DEVELOPERS]: 'Payments Developers' })
    const compact = await ask('/v1/roles?form=compact')
    expect(compact.body).toMatchObject({ groups: [DEVELOPERS], groupNames: { [DEVELOPERS]: 'Payments Developers' } })
    const explained = await request(demo.url)
      .post('/v1/explain')
      .set('authorization', `Bearer ${accessToken}`)
      .send({ role: 'payments-dev/readonly' })
    expect(explained.body.rules).toContainEqual(expect.objectContaining({ wants: [groupId(2)] }))
    expect(explained.body.groupNames).toEqual({ [groupId(2)]: 'Payments Admins' })
  })

  it('may be asked for by either, by operators', async () => {
    const ask = async (...groups: readonly string[]) => {
      const _csrf = await visitor.csrf()
      const asked = { role: 'payments-dev/readonly', idp: 'entra', groups: groups.join('\n') }
      return (await visitor.post('/admin/access', { ...asked, _csrf }).expect(200)).text
    }
    const [byName, byId] = [await ask('Payments Admins'), await ask(groupId(2))]
    for (const page of [byName, byId]) expect(page).toContain('<dd>by <code>Payments Admins</code></dd>')
    expect(await ask('Payments')).not.toContain('Meets them')
  })

  it('stands beside what the IdP sent, on an operator’s test of it', async () => {
    const away = await visitor.fetch(`${demo.url}/admin/idps/entra/test/start`)
    const page = await visitor.fetch((await idp.signIn(away.headers.get('location') ?? '')).href)
    const text = await page.text()
    expect(text).toContain(`<li>Payments Developers, <code>${DEVELOPERS}</code></li>`)
    expect(text).toContain(`<code>entra-developers</code> by Payments Developers, <code>${DEVELOPERS}</code>`)
  })

  it('is its id in the audit trail', async () => {
    const { accessToken } = await aTerminalOf(demo, visitor)
    await request(demo.url)
      .post('/v1/credentials')
      .set('authorization', `Bearer ${accessToken}`)
      .send({ role: 'payments-dev/developer' })
      .expect(200)
    const record = demo.audit().findLast(({ event }) => event === 'intent')
    expect(record).toMatchObject({ rule: 'entra-developers', group: DEVELOPERS })
    expect(JSON.stringify(demo.audit())).not.toContain('Payments Developers')
  })

  it('has both on the page of somebody who has no role', async () => {
    const lost = aVisitor(demo)
    const away = await lost.fetch(`${demo.url}/sign-in/entra`)
    claims['groups'] = [groupId(3), groupId(4)]
    await lost.fetch((await idp.signIn(away.headers.get('location') ?? '')).href)
    const page = await lost.get('/').expect(200)
    expect(page.text).toContain(`<li>Auditors of Everything, <code>${groupId(3)}</code></li>`)
    expect(page.text).toContain(`<li><code>${groupId(4)}</code></li>`)
  })
})
