import test from 'ava'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { attributesOf, request, run, scopes } from '../../../helpers/attributes-processor.ts'

const selects = test.macro({
  async exec(t, selection: string, rows: number[]) {
    const actions = 'actions: [{key: hit, action: insert, value: true}]'
    const result = await run(`${actions}\n${selection}`, buildLogs(scopes, request))
    const hits = attributesOf(result).flatMap((found, row) => (found['hit'] === true ? [row] : []))
    t.deepEqual(hits, rows)
  },
  title: (_, selection: string) => `selection: ${selection}`,
})

test(selects, '', [0, 1, 2, 3, 4, 5])
test(selects, 'include: {match_type: strict, log_bodies: [none, "GET /a"]}', [0, 2, 3, 5])
test(selects, 'include: {match_type: regexp, log_bodies: ["^(GET|POST) "]}', [0, 1, 3, 4])
test(
  selects,
  'include: {match_type: regexp, regexp: {cacheenabled: true, cachemaxnumentries: 2}, log_bodies: ["^GET"]}',
  [0, 3],
)
test(selects, 'include: {match_type: strict, log_severity_texts: [ERROR]}', [1, 4])
test(selects, 'include: {match_type: strict, log_severity_number: {min: 13}}', [1, 4])
test(
  selects,
  'include: {match_type: strict, log_severity_number: {min: 13, match_undefined: true}}',
  [1, 2, 4, 5],
)
test(selects, 'include: {match_type: strict, attributes: [{key: m}]}', [0, 1, 3, 4])
test(
  selects,
  'include: {match_type: strict, attributes: [{key: m, value: GET}, {key: n, value: 1}]}',
  [0, 3],
)
test(selects, 'include: {match_type: strict, attributes: [{key: n, value: "1"}]}', [])
test(
  selects,
  'include: {match_type: regexp, attributes: [{key: n, value: "^[12]$"}]}',
  [0, 1, 3, 4],
)
test(
  selects,
  'include: {match_type: strict, resources: [{key: service.name, value: cart}]}',
  [3, 4, 5],
)
test(
  selects,
  'include: {match_type: strict, libraries: [{name: lib, version: "1.0"}, {name: other}]}',
  [0, 1, 2],
)
test(
  selects,
  'exclude: {match_type: strict, resources: [{key: service.name, value: cart}]}',
  [0, 1, 2],
)
test(
  selects,
  '{include: {match_type: strict, attributes: [{key: m}]}, exclude: {match_type: strict, log_severity_texts: [INFO]}}'
    .slice(1, -1)
    .replace('}, exclude', '}\nexclude'),
  [1, 4],
)
