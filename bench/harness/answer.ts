/** Questions travel to a side, and its answers back, over the IPC channel of its process. */
export type Question = { readonly id: number; readonly name: string; readonly value: unknown }
export type Answer = { readonly id: number; readonly value?: unknown; readonly failure?: string }

type Handlers = Readonly<Record<string, (value: never) => unknown>>

/** Answers questions for as long as the bench is there to ask. Names this module does not know are somebody else's. */
export function answer(handlers: Handlers): void {
  process.on('message', (question: Question) => {
    const handler = handlers[question.name]
    if (handler === undefined) return
    void reply(question, handler as (value: unknown) => unknown)
  })
}

async function reply({ id, value }: Question, handler: (value: unknown) => unknown): Promise<void> {
  const sent: Answer = await Promise.resolve(value)
    .then(handler)
    .then(
      (value) => ({ id, value }),
      (thrown: unknown) => ({ id, failure: String((thrown as Error).stack ?? thrown) }),
    )
  process.send?.(sent)
}
