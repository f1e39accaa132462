import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { FaultProxy } from '../../../src/testing/oracle/destinations/fault-proxy.ts'
import type { DestinationFault } from '../../../src/testing/oracle/plan.ts'

const FAULT: DestinationFault = {
  kind: 'slow',
  pauseMs: 0,
  forMs: 0,
  share: 1,
  delayMs: 1,
  status: 429,
}

const OURS = `fault-proxy ${process.pid}`

/** A server that keeps what it is given, behind a proxy. */
async function start(t: ExecutionContext): Promise<{ proxy: FaultProxy; bodies: string[] }> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // A client of another test may still try a server that had this port before.
      if (request.headers['x-test'] === OURS) bodies.push(Buffer.concat(chunks).toString())
      response.writeHead(201, { 'content-type': 'text/plain' }).end('taken')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy = await FaultProxy.start(`http://127.0.0.1:${port}`, 1)
  t.teardown(async () => {
    await proxy.close()
    server.closeAllConnections()
    server.close()
  })
  return { proxy, bodies }
}

/** Status and body; `undefined` when there is no whole answer. */
async function post(proxy: FaultProxy, body: string): Promise<string | undefined> {
  try {
    const response = await fetch(proxy.url, { method: 'POST', body, headers: { 'x-test': OURS } })
    return `${response.status} ${await response.text()}`
  } catch {
    return undefined
  }
}

test('without a fault, requests and answers pass as they are', async t => {
  const { proxy, bodies } = await start(t)
  t.is(await post(proxy, 'a'), '201 taken')
  t.deepEqual(bodies, ['a'])
  t.is(proxy.disturbed, 0)
})

test('what is slow still arrives', async t => {
  const { proxy, bodies } = await start(t)
  proxy.set(FAULT)
  t.is(await post(proxy, 'a'), '201 taken')
  t.deepEqual(bodies, ['a'])
  t.is(proxy.disturbed, 1)
})

test('a destination that is down takes nothing, and is well again afterwards', async t => {
  const { proxy, bodies } = await start(t)
  proxy.set({ ...FAULT, kind: 'down', share: 0 })
  t.is(await post(proxy, 'a'), undefined)
  t.deepEqual(bodies, [])
  proxy.set(undefined)
  t.is(await post(proxy, 'b'), '201 taken')
})

test('a destination that is held is down, whatever its fault', async t => {
  const { proxy, bodies } = await start(t)
  proxy.set(FAULT)
  proxy.hold(true)
  t.is(await post(proxy, 'a'), undefined)
  t.deepEqual(bodies, [])
  proxy.hold(false)
  t.is(await post(proxy, 'b'), '201 taken')
})

test('a refusal has the status of the plan, and nothing arrives', async t => {
  const { proxy, bodies } = await start(t)
  proxy.set({ ...FAULT, kind: 'refuse', status: 503 })
  t.regex((await post(proxy, 'a')) ?? '', /^503 /)
  t.deepEqual(bodies, [])
})

test('a status that would be final is replaced by one that is not', async t => {
  const { proxy: plain } = await start(t)
  const proxy = await FaultProxy.start(plain.url, 1, 500)
  t.teardown(() => proxy.close())
  proxy.set({ ...FAULT, kind: 'refuse', status: 500 })
  t.regex((await post(proxy, 'a')) ?? '', /^503 /)
  proxy.set({ ...FAULT, kind: 'refuse', status: 429 })
  t.regex((await post(proxy, 'a')) ?? '', /^429 /)
})

test('an answer is lost only after the destination has the request', async t => {
  const { proxy, bodies } = await start(t)
  proxy.set({ ...FAULT, kind: 'lost-answer' })
  t.is(await post(proxy, 'a'), undefined)
  t.deepEqual(bodies, ['a'])
})

test('garbage never says yes to what did not arrive', async t => {
  const { proxy, bodies } = await start(t)
  proxy.set({ ...FAULT, kind: 'garbage' })
  const answers = new Set<string>()
  for (let i = 0; i < 40; i++) {
    const answer = await post(proxy, `request ${i}`)
    const arrived = bodies.includes(`request ${i}`)
    if (answer?.startsWith('2')) t.true(arrived)
    answers.add(`${answer?.slice(0, 3)} ${arrived}`)
  }
  t.deepEqual([...answers].toSorted(), [
    '200 true',
    '502 false',
    'undefined false',
    'undefined true',
  ])
})
