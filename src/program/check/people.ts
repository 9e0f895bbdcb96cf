import { createReadStream } from 'node:fs'
import { once } from 'node:events'
import { PassThrough, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { isRecord, personIn, type SeenPerson } from '../../domain/policy/people.ts'
import { identityOf } from '../../domain/sign-in/principal.ts'

/** A file that is no audit log, and why: taken for one, it would say that a change concerns nobody. */
export class NoAuditFile extends Error {
  override readonly name = 'NoAuditFile'
  readonly file: string

  constructor(file: string, why: string, cause?: unknown) {
    super(why, { cause })
    this.file = file
  }
}

/**
 * Everybody who signed in according to these audit files, as of their last time. Reads line by line, as such files are
 * long. Throws NoAuditFile.
 */
export async function peopleIn(...files: readonly string[]): Promise<readonly SeenPerson[]> {
  const people = new Map<string, SeenPerson>()
  for (const file of files) {
    for await (const person of peopleOf(file)) {
      const identity = identityOf(person)
      const known = people.get(identity)
      if (known === undefined || known.seenAt <= person.seenAt) people.set(identity, person)
    }
  }
  return [...people.values()]
}

async function* peopleOf(file: string): AsyncGenerator<SeenPerson> {
  // One that was just begun is empty, and as good as any.
  let [isEmpty, isLog] = [true, false]
  try {
    for await (const line of linesOf(file)) {
      isEmpty = false
      isLog ||= isRecord(line)
      const person = line.includes('"decision"') ? personIn(line) : undefined
      if (person !== undefined) yield person
    }
  } catch (cause) {
    throw new NoAuditFile(file, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'torn'})`, cause)
  }
  if (!isEmpty && !isLog)
    throw new NoAuditFile(
      file,
      'holds no record of an audit log: if it is packed otherwise than by gzip, unpack it first',
    )
}

const GZIP = Buffer.from([0x1f, 0x8b])

/** As `logrotate` leaves it: plain, or packed. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const bytes = createReadStream(file)
  await once(bytes, 'readable')
  const head = bytes.read(GZIP.length) as Buffer | null
  if (head !== null) bytes.unshift(head)
  const unpacked = head?.equals(GZIP) === true ? createGunzip() : new PassThrough()
  // What fails on the way fails the reading below.
  const text = pipeline(bytes, unpacked, () => undefined).setEncoding('utf8')
  let rest = ''
  for await (const piece of text) {
    const lines = `${rest}${piece}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
