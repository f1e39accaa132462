import test from 'ava'
import { attributesProcessor } from '../../../../plugins/processors/attributes/index.ts'
import { complaintsOf } from '../../../helpers/plugin-yaml.ts'

const refuses = test.macro({
  exec(t, yaml: string, complaint: string) {
    t.deepEqual(complaintsOf(attributesProcessor, yaml), [complaint])
  },
  title: (_, yaml: string) => `a config is refused: ${yaml}`,
})

test(refuses, 'actions: []', 'actions: at least one action is needed')
test(refuses, 'actions: [{action: insert, value: 1}]', 'actions.0.key: action "insert" needs a key')
test(
  refuses,
  'actions: [{action: delete}]',
  'actions.0.key: action "delete" needs a key, a pattern or both',
)
test(
  refuses,
  'actions: [{key: a, action: insert}]',
  'actions.0.action: action "insert" needs one of value, from_attribute, from_context or default_value',
)
test(
  refuses,
  'actions: [{key: a, action: insert, value: }]',
  'actions.0.value: action "insert" needs one of value, from_attribute, from_context or default_value',
)
test(
  refuses,
  'actions: [{key: a, action: insert, value: 1, from_attribute: b}]',
  'actions.0.from_attribute: only one of value, from_attribute, from_context may be set, not value and from_attribute',
)
test(
  refuses,
  'actions: [{key: a, action: hash, value: 1}]',
  'actions.0.value: action "hash" does not use value',
)
test(
  refuses,
  'actions: [{key: a, action: insert, value: 1, pattern: x}]',
  'actions.0.pattern: action "insert" does not use pattern',
)
test(
  refuses,
  'actions: [{key: a, action: extract}]',
  'actions.0.pattern: action "extract" needs a pattern',
)
test(
  refuses,
  'actions: [{key: a, action: extract, pattern: "x"}]',
  'actions.0.pattern: has no named group: write (?P<name>...) around what is to be extracted',
)
test(
  refuses,
  'actions: [{key: a, action: extract, pattern: "(x)(?P<n>y)"}]',
  'actions.0.pattern: group 1 has no name: write (?P<name>...) or (?:...)',
)
test(
  refuses,
  'actions: [{action: delete, pattern: "("}]',
  'actions.0.pattern: "(" is not a regular expression in RE2 syntax: missing closing ): `(`',
)
test(
  refuses,
  'actions: [{key: a, action: convert}]',
  'actions.0.converted_type: action "convert" needs converted_type: int, double or string',
)
test(
  refuses,
  'actions: [{key: a, action: delete}]\ninclude: {match_type: strict}',
  'include: matches nothing: at least one of log_bodies, log_severity_texts, attributes, resources, libraries or log_severity_number',
)
test(
  refuses,
  'actions: [{key: a, action: delete}]\nexclude: {match_type: regexp, log_bodies: [ok, "["]}',
  'exclude.log_bodies.1: "[" is not a regular expression in RE2 syntax: missing closing ]: `[`',
)
test(
  refuses,
  'actions: [{key: a, action: delete}]\ninclude: {match_type: regexp, attributes: [{key: k, value: 1}]}',
  'include.attributes.0.value: match_type regexp needs a string here, not 1',
)
