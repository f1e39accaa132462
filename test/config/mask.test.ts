import test from 'ava'
import { isSecretName, maskLine, maskUrls } from '../../src/config/mask.ts'
import { SourceText } from '../../src/config/source-text.ts'

const masks = test.macro((t, line: string, expected: string) => {
  t.is(maskLine(new SourceText('a', line), 1).text, expected)
})
test('a password by its name', masks, 'password: hunter2', 'password: [REDACTED]')
test('a name that ends in password', masks, '  db_password: "a b"', '  db_password: [REDACTED]')
test('all behind it, for its end is not known', masks, '{token: a,}#b', '{token: [REDACTED]')
test('a query parameter', masks, 'u: h?api_key=abc', 'u: h?api_key=[REDACTED]')
test('the password of a URL', masks, 'a: http://me:pw@db/', 'a: http://me:[REDACTED]@db/')
test('where a secret comes from', masks, 'password: ${env:PW}', 'password: ${env:PW}')
test('a default is a secret itself', masks, 'token: ${env:T:-abc}', 'token: [REDACTED]')
test('what is no secret', masks, 'endpoint: localhost:4317', 'endpoint: localhost:4317')

test('known ranges are hidden and columns move along', t => {
  const source = new SourceText('a', 'x: {k: abcdefghijklmn, b: 1}')
  source.secrets.push({ start: 7, end: 21 })
  const masked = maskLine(source, 1)
  t.is(masked.text, 'x: {k: [REDACTED], b: 1}')
  t.is(masked.shift(7), 7)
  t.is(masked.text.slice(masked.shift(23)), 'b: 1}')
  t.is(masked.shift(10), masked.shift(21))
})

test('a secret of several lines is hidden on each of them', t => {
  const source = new SourceText('a', 'k: |\n  one\n  two\nb: 1')
  source.secrets.push({ start: 3, end: 17 })
  t.deepEqual(
    [1, 2, 3, 4].map(line => maskLine(source, line).text),
    ['k: [REDACTED]', '[REDACTED]', '[REDACTED]', 'b: 1'],
  )
})

test('names that say secret', t => {
  for (const name of ['password', 'client_secret', 'Authorization', 'api-key', 'auth_token']) {
    t.true(isSecretName(name), name)
  }
  for (const name of ['endpoint', 'key', 'compass', 'username']) t.false(isSecretName(name), name)
})

test('URLs lose their password only', t => {
  t.is(maskUrls('http://u:p@h/ and http://h'), 'http://u:[REDACTED]@h/ and http://h')
})
