import { RolegateError } from '../../src/domain/errors.ts'

/** What a call refused with; a call that went through fails the test. */
export function refusalOf(run: () => unknown): RolegateError {
  try {
    run()
  } catch (thrown) {
    if (thrown instanceof RolegateError) return thrown
    throw thrown
  }
  throw new Error('it was not refused')
}

export async function refusalFrom(promise: Promise<unknown>): Promise<RolegateError> {
  const outcome: unknown = await promise.then(
    () => 'it was not refused',
    (thrown: unknown) => thrown,
  )
  if (outcome instanceof RolegateError) return outcome
  throw outcome instanceof Error ? outcome : new Error(String(outcome))
}

/** The condition that was not met, else the code. */
export async function conditionFrom(promise: Promise<unknown>): Promise<unknown> {
  const { code, values } = await refusalFrom(promise)
  return values['condition'] ?? code
}
