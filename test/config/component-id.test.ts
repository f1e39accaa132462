import test from 'ava'
import { parseComponentId } from '../../src/config/component-id.ts'

const accepts = test.macro((t, text: string, type: string, name?: string) => {
  t.deepEqual(parseComponentId(text), { type, name })
})
test('a type alone', accepts, 'otlp_http', 'otlp_http')
test('a type and a name', accepts, 'otlp/in', 'otlp', 'in')
test('a name with slashes and dots', accepts, 'otlp/a/b.c-1', 'otlp', 'a/b.c-1')
test('a name of other letters', accepts, 'otlp/\u00e9t\u00e9', 'otlp', '\u00e9t\u00e9')
test('the longest type', accepts, 'a'.repeat(63), 'a'.repeat(63))

const refuses = test.macro((t, text: string, error: RegExp) => {
  const parsed = parseComponentId(text)
  t.regex('error' in parsed ? parsed.error : '', error)
})
test('an empty id', refuses, '', /must start with a letter/)
test('a type that starts with a digit', refuses, '9a', /must start with a letter/)
test('a type with a dash', refuses, 'otlp-http', /letters, digits and "_"/)
test('a type that is too long', refuses, 'a'.repeat(64), /63 at most/)
test('an empty name', refuses, 'otlp/', /behind "\/" is empty/)
test('a name with a space', refuses, 'otlp/a b', /no spaces/)
test('a name with a symbol', refuses, 'otlp/a$', /symbols/)
test('a name that is too long', refuses, `otlp/${'a'.repeat(1025)}`, /1024 characters/)
