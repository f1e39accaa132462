import test from 'ava'
import { Connections } from '../../../../plugins/exporters/postgres/connections.ts'
import { startCutProxy } from '../../../helpers/cut-proxy.ts'
import { usePostgres } from '../../../helpers/postgres-server.ts'
import { until } from '../../../helpers/until.ts'

const { pgTest, server } = usePostgres()
const never = new AbortController().signal

function connect(port: number, connectionsMax = 2): Connections {
  return new Connections({
    host: '127.0.0.1',
    port,
    username: 'parsec',
    password: 'hunter2',
    database: 'postgres',
    applicationName: 'connections-test',
    tls: undefined,
    connectionsMax,
  })
}

pgTest('a connection is used again', async t => {
  const connections = connect(server.port)
  const pid = (): Promise<unknown> =>
    connections.use(never, async session => {
      const { rows } = await session.query('SELECT pg_backend_pid() AS pid, current_setting($1)', [
        'application_name',
      ])
      t.like(rows[0], { current_setting: 'connections-test' })
      return (rows[0] as { pid: number }).pid
    })
  t.is(await pid(), await pid())
  await connections.close(never)
})

pgTest('one whose work failed is not', async t => {
  const connections = connect(server.port)
  const pids: unknown[] = []
  for (let i = 0; i < 2; i++) {
    const work = connections.use(never, async session => {
      const { rows } = await session.query('SELECT pg_backend_pid() AS pid')
      pids.push((rows[0] as { pid: number }).pid)
      throw new Error('no luck')
    })
    await t.throwsAsync(work, { message: 'no luck' })
  }
  t.not(pids[0], pids[1])
  await connections.close(never)
})

pgTest('a sender that leaves cuts the statement short, and the server ends it', async t => {
  const connections = connect(server.port)
  const sender = new AbortController()
  const work = connections.use(sender.signal, session => session.query('SELECT pg_sleep(60)'))
  const isRunning = async (): Promise<boolean> => {
    const rows = await server.sql(
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'connections-test' AND query LIKE 'SELECT pg_sleep%' AND state = 'active'",
    )
    return rows.length > 0
  }
  await until(isRunning)
  sender.abort()
  const error = await t.throwsAsync(work)
  t.like(error, { code: 'cancelled', retryable: true })
  await connections.close(never)
})

pgTest('no more than the bound are open at once; the others wait', async t => {
  const connections = connect(server.port, 2)
  let open = 0
  let most = 0
  const work = Array.from({ length: 6 }, () =>
    connections.use(never, async session => {
      most = Math.max(most, ++open)
      await session.query('SELECT pg_sleep(0.02)')
      open--
    }),
  )
  await Promise.all(work)
  t.is(most, 2)
  await connections.close(never)
})

pgTest('a lost connection fails its work alone, and the next one is new', async t => {
  const proxy = await startCutProxy(t, server.port)
  const connections = connect(proxy.port)
  proxy.onClientData = chunk => (chunk.includes('SELECT 42') ? 'answer' : 'pass')
  await t.throwsAsync(connections.use(never, session => session.query('SELECT 42')))
  proxy.onClientData = () => 'pass'
  await t.notThrowsAsync(connections.use(never, session => session.query('SELECT 43')))
  await connections.close(never)
})

test('a server that is not there is an error without the password', async t => {
  const connections = connect(1)
  const error = await t.throwsAsync(connections.use(never, session => session.query('SELECT 1')))
  t.regex(error.message, /ECONNREFUSED/)
  t.false(JSON.stringify(error).includes('hunter2'))
  await connections.close(never)
  await connections.close(never)
})
