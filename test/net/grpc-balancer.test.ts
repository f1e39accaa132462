import test, { type ExecutionContext } from 'ava'
import { type BalancerName, GrpcBalancer } from '../../src/net/grpc-balancer.ts'
import type { UnaryRequest } from '../../src/net/grpc-call.ts'
import { GrpcConnection } from '../../src/net/grpc-connection.ts'
import { startGrpcServer } from '../helpers/grpc-server.ts'

const request: UnaryRequest = {
  headers: { ':method': 'POST', ':path': '/s/m', 'content-type': 'application/grpc' },
  message: Buffer.from('ping'),
  compressed: false,
  responseBytesMax: 1000,
  timeoutMs: 30_000,
  signal: undefined,
}

function balancer(
  t: ExecutionContext,
  ports: () => Promise<readonly number[]>,
  name: BalancerName = 'round_robin',
): GrpcBalancer {
  const made = new GrpcBalancer({
    balancer: name,
    resolve: async () => (await ports()).map(port => ({ host: '127.0.0.1', port })),
    connect: address =>
      new GrpcConnection({
        address,
        authority: 'target.example:4317',
        tls: undefined,
        keepalive: { timeMs: 60_000, timeoutMs: 20_000, permitWithoutStream: false },
        connectTimeoutMs: 20_000,
      }),
  })
  t.teardown(() => made.destroy())
  return made
}

const pong = { message: Buffer.from('pong') }
const patience = (): AbortSignal => AbortSignal.timeout(60_000)

async function send(made: GrpcBalancer, count: number): Promise<number[]> {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) {
    const connection = made.pickReady() ?? (await made.waitReady(false, patience()))
    statuses.push((await connection.call(request)).status)
  }
  return statuses
}

async function untilAllReady(made: GrpcBalancer, count: number): Promise<void> {
  const seen = new Set<GrpcConnection>()
  while (seen.size < count) {
    seen.add(await made.waitReady(true, patience()))
    await new Promise(resolve => {
      setTimeout(resolve, 2)
    })
  }
}

test('round_robin uses every address in turn', async t => {
  const servers = await Promise.all([1, 2, 3].map(() => startGrpcServer(t, () => pong)))
  const made = balancer(t, async () => servers.map(({ port }) => port))
  await untilAllReady(made, 3)
  t.deepEqual(
    await send(made, 30),
    Array.from({ length: 30 }, () => 0),
  )
  t.deepEqual(
    servers.map(({ calls }) => calls.length),
    [10, 10, 10],
  )
})

test('pick_first stays with one address', async t => {
  const servers = await Promise.all([1, 2].map(() => startGrpcServer(t, () => pong)))
  const made = balancer(t, async () => servers.map(({ port }) => port), 'pick_first')
  await send(made, 10)
  t.deepEqual(
    servers.map(({ calls }) => calls.length),
    [10, 0],
  )
})

for (const name of ['round_robin', 'pick_first'] as const) {
  test(`${name}: an address where nobody listens does not stop the calls`, async t => {
    const [dead, alive] = await Promise.all([1, 2].map(() => startGrpcServer(t, () => pong)))
    await dead!.kill()
    const made = balancer(t, async () => [dead!.port, alive!.port], name)
    t.deepEqual(await send(made, 5), [0, 0, 0, 0, 0])
  })

  test(`${name}: with every address dead, the reason is told`, async t => {
    const dead = await startGrpcServer(t, () => pong)
    await dead.kill()
    const made = balancer(t, async () => [dead.port], name)
    await t.throwsAsync(made.waitReady(false, patience()), { message: /ECONNREFUSED/ })
    t.is(made.pickReady(), undefined)
    // The pause between tries has begun: the second refusal costs no connection.
    await t.throwsAsync(made.waitReady(false, patience()), { message: /ECONNREFUSED/ })
  })
}

test('waiting for a connection lasts until the server is there', async t => {
  const first = await startGrpcServer(t, () => pong)
  await first.kill()
  const made = balancer(t, async () => [first.port])
  const waiting = made.waitReady(true, patience())
  await startGrpcServer(t, () => pong, { port: first.port })
  t.is((await (await waiting).call(request)).status, 0)
})

test('waiting for a connection ends when the signal aborts', async t => {
  const dead = await startGrpcServer(t, () => pong)
  await dead.kill()
  const made = balancer(t, async () => [dead.port])
  const controller = new AbortController()
  const waiting = made.waitReady(true, controller.signal)
  controller.abort(new Error('enough'))
  await t.throwsAsync(waiting, { message: 'enough' })
})

test('a name that cannot be looked up is told', async t => {
  const made = balancer(t, () => Promise.reject(new Error('getaddrinfo ENOTFOUND nowhere')))
  await t.throwsAsync(made.waitReady(false, patience()), { message: /ENOTFOUND nowhere/ })
})

test('a name without addresses is told', async t => {
  const made = balancer(t, async () => [])
  await t.throwsAsync(made.waitReady(false, patience()), { message: 'the name has no address' })
})

test('after a loss calls go to the server that came back', async t => {
  const first = await startGrpcServer(t, () => pong)
  const made = balancer(t, async () => [first.port])
  await send(made, 1)
  await first.kill()
  await startGrpcServer(t, () => pong, { port: first.port })
  // The first call may still meet the lost connection, as every client's can.
  let status: number
  do {
    const connection = await made.waitReady(true, patience())
    status = (await connection.call(request)).status
  } while (status === 14)
  t.is(status, 0)
})
