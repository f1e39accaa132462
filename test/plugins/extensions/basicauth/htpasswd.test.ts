import test from 'ava'
import { parseHtpasswd } from '../../../../plugins/extensions/basicauth/htpasswd.ts'

test('users and hashes, past comments and empty lines', t => {
  const text = '# users\n\ncheckout:$2y$10$abc\r\n  mailer:pass:word  \n'
  t.deepEqual(
    [...parseHtpasswd(text)],
    [
      ['checkout', '$2y$10$abc'],
      ['mailer', 'pass:word'],
    ],
  )
})

for (const [text, message] of [
  ['s3cret', 'line 1 is not user:hash'],
  ['a:b\n:c', 'line 2 is not user:hash'],
  ['a:', 'line 1 is not user:hash'],
  ['a:b\na:c', 'line 2: user "a" is there twice'],
] as const) {
  test(`${JSON.stringify(text)} is refused, and not repeated`, t => {
    t.throws(() => parseHtpasswd(text), { message })
  })
}
