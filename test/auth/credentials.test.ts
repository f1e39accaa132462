import test from 'ava'
import { credentialsOf, isSameSecret, sha256 } from '../../src/auth/credentials.ts'
import { authRequest } from '../helpers/auth-request.ts'

test('secrets are the same or not', t => {
  t.true(isSameSecret('secret', 'secret'))
  t.false(isSameSecret('secret', 'Secret'))
  t.false(isSameSecret('secret', ''))
  t.true(isSameSecret('', ''))
})

test('sha256 is SHA-256', t => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  t.is(sha256('abc').toString('hex'), abc)
})

const found = test.macro({
  exec: (t, header: string | string[] | undefined, expected: string) => {
    const request = authRequest(header === undefined ? {} : { authorization: header })
    const result = credentialsOf(request, 'Bearer')
    t.is('denied' in result ? result.denied : result.credentials, expected)
  },
  title: (_, header, expected: string) => `${JSON.stringify(header)} is ${expected}`,
})
test(found, 'Bearer abc', 'abc')
test(found, 'bearer abc', 'abc')
test(found, 'BEARER   abc  ', 'abc')
test(found, 'Bearer', '')
test(found, undefined, 'missing')
test(found, '', 'missing')
test(found, 'Basic abc', 'missing')
test(found, 'Bearerabc', 'missing')
test(found, ['Bearer abc', 'Bearer abc'], 'ambiguous')

test('without a scheme the whole value counts, in any header', t => {
  const request = authRequest({ 'x-token': 'abc def' })
  t.deepEqual(credentialsOf(request, '', 'x-token'), { credentials: 'abc def' })
})
