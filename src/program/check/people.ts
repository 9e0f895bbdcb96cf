import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { personIn, type SeenPerson } from '../../domain/policy/people.ts'
import { identityOf } from '../../domain/sign-in/principal.ts'

/**
 * Everybody who signed in according to an audit file, as of their last time. Reads line by line, as such files are
 * long.
 */
export async function peopleIn(path: string): Promise<readonly SeenPerson[]> {
  const people = new Map<string, SeenPerson>()
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    const person = line.includes('"decision"') ? personIn(line) : undefined
    if (person === undefined) continue
    const identity = identityOf(person)
    const known = people.get(identity)
    if (known === undefined || known.seenAt <= person.seenAt) people.set(identity, person)
  }
  return [...people.values()]
}
