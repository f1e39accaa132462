import test from 'ava'
import { getterOf } from '../../src/ottl/paths.ts'
import { holdsFor } from '../helpers/ottl-record.ts'

const reads = test.macro((t, ...conditions: string[]) => {
  for (const condition of conditions) t.true(holdsFor(condition), condition)
})
test(
  'fields of the record',
  reads,
  'log.severity_number == 17',
  'log.severity_text == "ERROR"',
  'log.time_unix_nano == 1760000000123456789',
  'log.observed_time_unix_nano > log.time_unix_nano',
  'log.event_name == "checkout.failed"',
  'log.flags == 1',
)
test(
  'ids are hex, and all zeros when there is none',
  reads,
  'log.trace_id.string == "0102030405060708090a0b0c0d0e0f10"',
  'log.span_id.string == "0000000000000000"',
)
test(
  'attributes of record, resource and scope',
  reads,
  'log.attributes["http.status"] == 404',
  'resource.attributes["service.name"] == "shop"',
  'instrumentation_scope.attributes["kind"] == "test"',
  'scope.attributes["kind"] == "test"',
  'instrumentation_scope.name == "lib" and scope.version == "1.2.3"',
)
test(
  'keys within values',
  reads,
  'log.body["user"]["name"] == "ann"',
  'log.body["tags"][1] == 2',
  'log.attributes["map"]["a"] == 1',
)
test(
  'what is not there is nil',
  reads,
  'log.attributes["none"] == nil',
  'log.attributes["ok"]["deeper"] == nil',
  'log.body["tags"][9] == nil and log.body["tags"]["x"] == nil',
  'log.body["user"][0] == nil',
  'resource.attributes["none"] == nil',
)
test('log. may be left out', reads, 'severity_number == 17', 'attributes["ok"] == true')

test('a body of any type has a text', t => {
  t.true(
    holdsFor('log.body.string == "{\\"user\\":{\\"name\\":\\"ann\\"},\\"tags\\":[\\"a\\",2]}"'),
  )
  t.true(holdsFor('log.body == "plain" and log.body["x"] == nil', { body: 'plain' }))
  t.true(holdsFor('log.body == nil', { body: undefined }))
})

const wrong = test.macro((t, name: string, keys: readonly (string | number)[], message: RegExp) => {
  t.throws(() => getterOf({ name, keys, at: 4 }), { message })
})
test(
  'a path that there is not',
  wrong,
  'log.bdy',
  [],
  /^at character 5: there is no log\.bdy, there is: .*log\.body/,
)
test('one that JavaScript has', wrong, 'constructor', [], /there is no constructor/)
test('all attributes', wrong, 'attributes', [], /name one of them: attributes\["key"\]/)
test('attributes by number', wrong, 'log.attributes', [0], /name one of them/)
test('keys where there are none', wrong, 'log.severity_text', ['x'], /has no keys/)
