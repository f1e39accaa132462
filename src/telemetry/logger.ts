import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { redactSecrets, redactUrls } from './redact.ts'

const STDERR = 2

/** `service::telemetry::logs` and `::resource`. */
export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** `console` for people, `json` for machines: one object a line. */
  readonly encoding: 'console' | 'json'
  /** Attributes of this process; in every JSON line, left out on a console. */
  readonly resource: Readonly<Record<string, string>>
  /** Index of this worker process, if several write to the same stream. */
  readonly worker?: string | undefined
  /** Default: stderr. */
  readonly destination?: DestinationStream
}

/**
 * The logger of the process. It writes synchronously, so that the last line before a crash is
 * there; lines are few, because nothing logs per record. Values under secret-like keys and
 * passwords in URLs are redacted, whatever the caller passes.
 */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? pino.destination({ fd: STDERR, sync: true })
  const children = new Set<WeakRef<Logger>>()
  const stream = options.encoding === 'console' ? consoleStream(destination) : destination
  const logger: Logger = pino(
    {
      onChild: child => children.add(new WeakRef(child)),
      level: options.level,
      base: baseOf(options),
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: label => ({ level: label }),
        log: fields => redactSecrets(fields) as Record<string, unknown>,
      },
      serializers: { err: serializeError },
      hooks: { streamWrite: redactUrls },
    },
    stream,
  )
  descendants.set(logger, children)
  return logger
}

function baseOf({ resource, worker }: LoggerOptions): object | null {
  const base = {
    ...(Object.keys(resource).length > 0 ? { resource } : {}),
    ...(worker === undefined ? {} : { worker }),
  }
  return Object.keys(base).length > 0 ? base : null
}

/** Of each logger of a process, those made from it: they have their own level. */
const descendants = new WeakMap<Logger, Set<WeakRef<Logger>>>()

/** Changes the level of a logger from `createLogger` and of all that were made from it. */
export function setLogLevel(logger: Logger, level: LoggerOptions['level']): void {
  logger.level = level
  for (const reference of descendants.get(logger) ?? []) {
    const child = reference.deref()
    if (child === undefined) descendants.get(logger)?.delete(reference)
    else child.level = level
  }
}

/** A logger that names the component in every line. */
export function componentLogger(logger: Logger, kind: string, id: string): Logger {
  return logger.child({ component: id, kind })
}

/** One line a message, the component in front, errors with their stack below. */
function consoleStream(destination: DestinationStream): DestinationStream {
  const pretty = prettyFactory({
    colorize: 'fd' in destination && process.stderr.isTTY,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    ignore: 'resource,component,kind,worker',
    messageFormat: '{if worker}worker {worker} {end}{if component}[{component}] {end}{msg}',
    singleLine: true,
  })
  return { write: line => destination.write(pretty(line)) }
}

function serializeError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown
  return redactSecrets({ ...stdSerializers.err(thrown) })
}
