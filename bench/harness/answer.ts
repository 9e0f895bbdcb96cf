/** Questions travel to a side, and its answers back, over the IPC channel of its process. */
export type Question = { readonly id: number; readonly name: string; readonly value: unknown }
export type Answer = { readonly id: number; readonly value?: unknown; readonly failure?: string }

type Handler = (value: never) => unknown

const known = new Map<string, Handler>()
/** Questions that came before the script was ready for them. */
let early: Question[] = []

/** Answers questions by these names, for as long as the bench is there to ask. */
export function answer(handlers: Readonly<Record<string, Handler>>): void {
  for (const [name, handler] of Object.entries(handlers)) known.set(name, handler)
  const waiting = early
  early = []
  waiting.forEach(receive)
}

function receive(question: Question): void {
  const handler = known.get(question.name)
  if (handler === undefined) early.push(question)
  else void reply(question, handler as (value: unknown) => unknown)
}

process.on('message', receive)

async function reply({ id, value }: Question, handler: (value: unknown) => unknown): Promise<void> {
  const sent: Answer = await Promise.resolve(value)
    .then(handler)
    .then(
      (result) => ({ id, value: result }),
      (thrown: unknown) => ({ id, failure: String((thrown as Error).stack ?? thrown) }),
    )
  process.send?.(sent)
}
