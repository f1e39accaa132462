import test from 'ava'
import { changeTelemetry } from '../../src/service/telemetry-change.ts'
import { componentLogger, createLogger } from '../../src/telemetry/logger.ts'
import { emptyConfig } from '../helpers/fake-service.ts'

const { telemetry } = emptyConfig()

function subject() {
  let text = ''
  const destination = { write: (line: string) => void (text += line) }
  const logger = createLogger({ level: 'info', encoding: 'json', resource: {}, destination })
  return { logger, text: () => text }
}

test('the level of log lines changes at once, for components too', t => {
  const { logger, text } = subject()
  const own = componentLogger(logger, 'exporter', 'x').child({ more: 1 })
  own.debug('hidden')
  changeTelemetry(telemetry, { ...telemetry, logs: { level: 'debug', encoding: 'json' } }, logger)
  own.debug('shown')
  componentLogger(logger, 'exporter', 'later').debug('shown too')
  t.notRegex(text(), /hidden|restart/)
  t.regex(text(), /"shown"[^]*"shown too"/)
})

test('what needs a restart is named', t => {
  const { logger, text } = subject()
  const metrics = { level: 'none', endpoint: 'other:1' } as const
  changeTelemetry(telemetry, { ...telemetry, metrics, resource: { a: 'b' } }, logger)
  t.regex(
    text(),
    /a change of service::telemetry::metrics::level, service::telemetry::metrics::endpoint, service::telemetry::resource needs a restart/,
  )
})

test('nothing is said when nothing has changed', t => {
  const { logger, text } = subject()
  changeTelemetry(telemetry, structuredClone(telemetry), logger)
  t.is(text(), '')
})
