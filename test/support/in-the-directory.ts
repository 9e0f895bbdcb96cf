import { DEMO_PEOPLE, type DemoPerson } from '../../src/sandbox/idp/people.ts'

type Moved = Omit<DemoPerson, 'groups'> & { groups: readonly string[] }

/**
 * Somebody more in the demo's directory, whose groups a test may change as it goes. They are to `leave` in the end: other files of
 * the thread share the directory.
 */
export function inTheDirectory(username: string, changes: Partial<DemoPerson> = {}): Moved & { leave(): void } {
  const everybody = DEMO_PEOPLE as DemoPerson[]
  const person = {
    username,
    subject: `u-${username}`,
    name: username,
    email: `${username}@example.com`,
    groups: [] as readonly string[],
    what: 'somebody of one test',
    ...changes,
    leave: () => void everybody.splice(everybody.indexOf(person), 1),
  }
  everybody.push(person)
  return person
}
