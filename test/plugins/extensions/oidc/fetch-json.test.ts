import test from 'ava'
import { fetchJson } from '../../../../plugins/extensions/oidc/fetch-json.ts'
import { type HttpAnswer, startHttpServer } from '../../../helpers/http-server.ts'

test('a document', async t => {
  const { url } = await startHttpServer(t, () => ({ body: '{"a":1}' }))
  t.deepEqual(await fetchJson(`${url}/x`, undefined), { a: 1 })
})

for (const [what, answer, message] of [
  ['another status', { status: 404, body: '{}' }, /^http:\/\/127.0.0.1:\d+\/x: answered HTTP 404$/],
  ['no JSON', { body: '<html>' }, /JSON/],
  ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, /redirect/],
  ['more than a mebibyte', { body: 'x'.repeat(1_100_000) }, /answered more than 1048576 bytes$/],
] as const satisfies readonly (readonly [string, HttpAnswer, RegExp])[]) {
  test(`${what} is an error that names the URL`, async t => {
    const { url } = await startHttpServer(t, () => answer)
    await t.throwsAsync(fetchJson(`${url}/x`, undefined), { message })
  })
}

test('so is a server that is not there', async t => {
  const server = await startHttpServer(t, () => ({}))
  await server.kill()
  await t.throwsAsync(fetchJson(`${server.url}/x`, undefined), { message: /ECONNREFUSED/ })
})
