import { Writable } from 'node:stream'
import test from 'ava'
import { componentLogger, createLogger, type LoggerOptions } from '../../src/telemetry/logger.ts'

function capture(options: Partial<LoggerOptions> = {}) {
  let text = ''
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      text += chunk.toString()
      done()
    },
  })
  const logger = createLogger({
    level: 'info',
    encoding: 'json',
    resource: {},
    ...options,
    destination,
  })
  return { logger, text: () => text }
}

function parsed(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}

test('a JSON line has level by name, ISO time, component, resource and message', t => {
  const { logger, text } = capture({ resource: { 'service.name': 'edge' } })
  componentLogger(logger, 'exporter', 'kafka/2').warn({ attempt: 3 }, 'trying again')
  const line = parsed(text())
  t.like(line, {
    level: 'warn',
    component: 'kafka/2',
    kind: 'exporter',
    resource: { 'service.name': 'edge' },
    attempt: 3,
    msg: 'trying again',
  })
  t.regex(String(line['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('lines below the level are not written', t => {
  const { logger, text } = capture({ level: 'error' })
  logger.warn('no')
  t.is(text(), '')
})

test('no secret reaches a line: neither by key, nor in an error, nor in a URL', t => {
  const { logger, text } = capture()
  const error = Object.assign(new Error('http://me:hunter1@db refused'), {
    config: { headers: { authorization: 'hunter2' } },
  })
  logger.error({ err: error, sasl: { password: 'hunter3' } }, 'no way to amqp://me:hunter4@mq')
  t.notRegex(text(), /hunter/)
  t.regex(text(), /http:\/\/\[REDACTED\]@db refused/)
})

test('an error alone is logged with its message, type and stack', t => {
  const { logger, text } = capture()
  logger.error(new RangeError('too far'))
  const line = parsed(text())
  t.is(line['msg'], 'too far')
  t.like(line['err'], { type: 'RangeError', message: 'too far' })
  t.regex((line['err'] as { stack: string }).stack, /logger\.test/)
})

test('a console line is readable and complete the moment the call returns', t => {
  const { logger, text } = capture({ encoding: 'console', resource: { 'service.name': 'edge' } })
  componentLogger(logger, 'receiver', 'otlp').info({ port: 4318 }, 'listening')
  t.regex(text(), /^\[\d{4}-\d\d-\d\d [\d:.]+\] INFO: \[otlp\] listening \{"port":4318\}\n$/)
})

test('a console line of the service itself has no component in front', t => {
  const { logger, text } = capture({ encoding: 'console' })
  logger.info('ready')
  t.regex(text(), /INFO: ready\n$/)
})
