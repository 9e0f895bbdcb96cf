import { pino, type DestinationStream } from 'pino'

/** What the rest of the house calls: a message in words, and facts without secrets. */
export type Log = {
  info(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  error(message: string, facts?: LogFacts, cause?: unknown): void
}

type LogFacts = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/**
 * JSON lines, told from audit lines by `stream`. Causes are cut down to names, codes and where they were thrown: messages
 * of strangers may quote a token, a URL or a body (security.md A-4, threats.md P4).
 */
export function makeLogger(deps: { level: string; out: DestinationStream; now: () => Date }): Log {
  const logger = pino(
    {
      level: deps.level,
      base: { stream: 'log' },
      messageKey: 'message',
      timestamp: () => `,"time":"${deps.now().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    deps.out,
  )
  return {
    info: (message, facts = {}) => logger.info(facts, message),
    warn: (message, facts = {}) => logger.warn(facts, message),
    error: (message, facts = {}, cause) => logger.error({ ...facts, cause: causesOf(cause) }, message),
  }
}

/** Name, code and first frame of an error and of what caused it. */
export function causesOf(thrown: unknown): readonly object[] {
  const causes: object[] = []
  for (let cause = thrown; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    const { code, reason } = cause as { code?: unknown; reason?: unknown }
    causes.push({
      name: cause.name,
      ...(typeof code === 'string' && { code }),
      ...(typeof reason === 'string' && { reason }),
      at: firstFrameOf(cause),
    })
  }
  return causes
}

/** A message can look like a frame: what the stack says before its end is not read. */
function firstFrameOf({ message, stack = '' }: Error): string | undefined {
  const start = stack.indexOf(message)
  return start < 0 ? undefined : /\n\s+at (.{1,200})/.exec(stack.slice(start + message.length))?.[1]
}
