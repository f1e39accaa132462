import { createRequire } from 'node:module'
import test from 'ava'
import { type FramedRequest, frameRequest } from '../../../src/kafka/protocol/request-frame.ts'

const require = createRequire(import.meta.url)
/** kafkajs's own: nothing here has replaced it. */
const theirFrame = require('kafkajs/src/protocol/request') as typeof frameRequest
const Encoder = require('kafkajs/src/protocol/encoder') as new () => {
  writeString(text: string): { readonly buffer: Buffer }
}

function framed(clientId: string | null, body: string): FramedRequest {
  const encode = (): Promise<{ readonly buffer: Buffer }> =>
    Promise.resolve(new Encoder().writeString(body))
  return { correlationId: 2 ** 31 - 1, clientId, request: { apiKey: 18, apiVersion: 2, encode } }
}

test('a request of kafkajs is framed as kafkajs frames it', async t => {
  for (const clientId of ['parsec', '', 'größer', null]) {
    for (const body of ['', 'x'.repeat(30_000)]) {
      const theirs = await theirFrame(framed(clientId, body))
      t.deepEqual((await frameRequest(framed(clientId, body))).buffer, theirs.buffer)
    }
  }
})

test('a body in chunks is framed as one in a piece', async t => {
  const chunks = ['ab', '', 'cde'].map(text => Buffer.from(text))
  const request = { apiKey: 0, apiVersion: 3 }
  const head = { correlationId: 5, clientId: 'parsec' }
  const many = { ...head, request: { ...request, encode: async () => ({ chunks }) } }
  const one = {
    ...head,
    request: { ...request, encode: async () => ({ buffer: Buffer.concat(chunks) }) },
  }
  t.deepEqual(await frameRequest(many), await frameRequest(one))
})

test('a body that cannot be encoded is no request', async t => {
  const encode = (): Promise<never> => Promise.reject(new Error('no codec'))
  const request = { apiKey: 0, apiVersion: 3, encode }
  await t.throwsAsync(frameRequest({ correlationId: 1, clientId: 'parsec', request }), {
    message: 'no codec',
  })
})
