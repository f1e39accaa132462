import test from 'ava'
import { nearest } from '../../src/config/suggest.ts'

const suggests = test.macro((t, name: string, candidates: string[], expected?: string) => {
  t.is(nearest(name, candidates), expected)
})
test('one wrong letter', suggests, 'endpont', ['timeout', 'endpoint'], 'endpoint')
test('two letters that changed places, even in a short name', suggests, 'kye', ['key'], 'key')
test('the nearest of several', suggests, 'batc', ['bath_tub', 'batch', 'patch'], 'batch')
test('case does not count', suggests, 'OTLP', ['otlp'], 'otlp')
test('a dash for an underscore', suggests, 'otlp-http', ['otlp_http'], 'otlp_http')
test('nothing when all differ too much', suggests, 'carbon', ['otlp', 'kafka'])
test('nothing for a short name that differs in two letters', suggests, 'max', ['min'])
test('never the name itself', suggests, 'otlp', ['otlp'])
test('no candidates', suggests, 'otlp', [])
test('a name too long to be a typing mistake', suggests, 'x'.repeat(101), ['x'.repeat(100)])
