import test from 'ava'
import { isSecretKey, redactSecrets, redactUrls } from '../../src/telemetry/redact.ts'

const secretKey = test.macro((t, key: string, expected: boolean) => {
  t.is(isSecretKey(key), expected)
})
test('password is a secret', secretKey, 'password', true)
test('saslPassword is a secret', secretKey, 'saslPassword', true)
test('client_secret is a secret', secretKey, 'client_secret', true)
test('Authorization is a secret', secretKey, 'Authorization', true)
test('Proxy-Authorization is a secret', secretKey, 'Proxy-Authorization', true)
test('x-api-key is a secret', secretKey, 'x-api-key', true)
test('set-cookie is a secret', secretKey, 'set-cookie', true)
test('token is a secret', secretKey, 'token', true)
test('accessToken is a secret', secretKey, 'accessToken', true)
test('insert_deduplication_token is no secret', secretKey, 'insert_deduplication_token', false)
test('message_key is no secret', secretKey, 'message_key', false)
test('passwords_checked is no secret', secretKey, 'passwords_checked', false)
test('endpoint is no secret', secretKey, 'endpoint', false)

test('secrets are redacted at any depth, and what was passed stays as it was', t => {
  const fields = { headers: [{ authorization: 'Bearer x', accept: '*' }], sasl: { password: 'p' } }
  t.deepEqual(redactSecrets(fields), {
    headers: [{ authorization: '[REDACTED]', accept: '*' }],
    sasl: { password: '[REDACTED]' },
  })
  t.is(fields.sasl.password, 'p')
})

test('errors and buffers pass untouched', t => {
  const error = new Error('x')
  const result = redactSecrets({ error, bytes: Buffer.of(1) }) as Record<string, unknown>
  t.is(result['error'], error)
  t.true(Buffer.isBuffer(result['bytes']))
})

test('a cycle ends', t => {
  const fields: Record<string, unknown> = {}
  fields['self'] = fields
  t.regex(JSON.stringify(redactSecrets(fields)), /\[\.\.\.\]/)
})

const url = test.macro((t, text: string, expected: string) => {
  t.is(redactUrls(text), expected)
})
test(
  'a password in a URL is cut out',
  url,
  'connect to http://user:pa55@db:8123/x failed',
  'connect to http://[REDACTED]@db:8123/x failed',
)
test('a URL without one stays', url, 'http://db:8123/a?b=c@d', 'http://db:8123/a?b=c@d')
test('a mail address stays', url, '"by":"a@b.example"', '"by":"a@b.example"')
