import test from 'ava'
import { Cors, type CorsOptions } from '../../src/net/cors.ts'

const rules = (options: Partial<CorsOptions>): Cors =>
  new Cors({
    allowed_origins: [],
    allowed_headers: [],
    exposed_headers: [],
    max_age: 0,
    ...options,
  })

const ALLOW = 'access-control-allow-origin'

const allowed = test.macro((t, pattern: string, origin: string, expected: boolean) => {
  const { [ALLOW]: allow } = rules({ allowed_origins: [pattern] }).headers(origin)
  t.is(allow, expected ? origin : undefined)
})
test('an origin is allowed by its name', allowed, 'https://a.com', 'https://a.com', true)
test('another one is not', allowed, 'https://a.com', 'https://b.com', false)
test('* stands for everybody', allowed, '*', 'https://b.com', true)
test('* inside a name', allowed, 'https://*.a.com', 'https://x.y.a.com', true)
test('* is bound by the rest', allowed, 'https://*.a.com', 'https://a.com.evil.org', false)
test('a dot is only a dot', allowed, 'https://a.com', 'https://axcom', false)
test('case does not matter', allowed, 'https://A.com', 'https://a.com', true)

test('exposed headers are named', t => {
  const cors = rules({ allowed_origins: ['*'], exposed_headers: ['x-a', 'x-b'] })
  t.is(cors.headers('https://a.com')['access-control-expose-headers'], 'x-a, x-b')
})

const preflight = test.macro(
  (t, options: Partial<CorsOptions>, method: string, headers: string, ok: boolean) => {
    const answer = rules({ allowed_origins: ['https://a.com'], ...options }).preflight(
      'https://a.com',
      {
        'access-control-request-method': method,
        'access-control-request-headers': headers,
      },
    )
    t.is(answer[ALLOW], ok ? 'https://a.com' : undefined)
    t.is(answer['access-control-allow-methods'], ok ? method : undefined)
  },
)
test('a preflight for POST with content-type passes', preflight, {}, 'POST', 'content-type', true)
test('a preflight for DELETE does not', preflight, {}, 'DELETE', '', false)
test('a header that is not allowed does not', preflight, {}, 'POST', 'x-a', false)
test('an allowed one passes', preflight, { allowed_headers: ['X-A'] }, 'POST', 'x-a', true)
test('* allows all headers', preflight, { allowed_headers: ['*'] }, 'POST', 'x-a, y', true)

test('a browser may keep the permission for max_age', t => {
  const cors = rules({ allowed_origins: ['*'], max_age: 7200 })
  const answer = cors.preflight('https://a.com', { 'access-control-request-method': 'POST' })
  t.is(answer['access-control-max-age'], '7200')
})
