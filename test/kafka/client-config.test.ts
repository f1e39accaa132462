import test from 'ava'
import { z } from 'zod'
import { kafkaClientFields } from '../../src/kafka/client-config.ts'
import { complaintsOf, configOf } from '../helpers/plugin-yaml.ts'

const config = z.strictObject(kafkaClientFields)

test('nothing set is a local broker in plain text', t => {
  const { brokers, tls, auth, metadata } = configOf({ config }, '')
  t.deepEqual(brokers, ['localhost:9092'])
  t.is(tls, undefined)
  t.is(auth.sasl, undefined)
  t.is(metadata.refresh_interval, 600_000)
})

test('brokers are a list, or one text as the Collector also takes it', t => {
  t.deepEqual(configOf({ config }, 'brokers: ["a:1", "[::1]:2"]').brokers, ['a:1', '[::1]:2'])
  t.deepEqual(configOf({ config }, 'brokers: a:1, b:2').brokers, ['a:1', 'b:2'])
})

const MISTAKES: readonly [yaml: string, complaint: RegExp][] = [
  ['brokers: []', /brokers/],
  ['brokers: [localhost]', /must be host:port/],
  ['brokers: ["http://localhost:9092"]', /must be host:port/],
  ['auth: { sasl: { mechanism: PLAIN, username: a } }', /PLAIN needs username and password/],
  ['auth: { sasl: { mechanism: OAUTHBEARER } }', /needs token or token_file/],
  ['auth: { sasl: { mechanism: MD5, username: a, password: b } }', /mechanism/],
]

for (const [yaml, complaint] of MISTAKES) {
  test(`${yaml} is a mistake`, t => {
    t.regex(complaintsOf({ config }, yaml).join('\n'), complaint)
  })
}
