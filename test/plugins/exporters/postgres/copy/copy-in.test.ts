import { copyIn } from '../../../../../plugins/exporters/postgres/copy/copy-in.ts'
import { startCutProxy } from '../../../../helpers/cut-proxy.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()
const SQL = 'COPY x (a) FROM STDIN'

pgTest('chunks arrive in order, and the connection goes on', async t => {
  const { connections, signal, sql } = await postgresTables(t, await server.database(), {}, false)
  await sql('CREATE TABLE x (a int, n serial)')
  await connections.use(signal, async session => {
    await copyIn(
      session,
      SQL,
      ['1\n', '2\n3', '\n'].map(text => Buffer.from(text)),
    )
    await copyIn(session, SQL, [])
  })
  t.deepEqual(await sql('SELECT a FROM x ORDER BY n'), [{ a: 1 }, { a: 2 }, { a: 3 }])
})

pgTest('more than any buffer on the way holds', async t => {
  const { connections, signal, sql } = await postgresTables(t, await server.database(), {}, false)
  await sql('CREATE TABLE x (a text)')
  const chunk = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(1024))
  await connections.use(signal, session =>
    copyIn(
      session,
      SQL,
      Array.from({ length: 20 }, () => chunk),
    ),
  )
  t.deepEqual(await sql('SELECT count(*)::int AS n FROM x'), [{ n: 20 * 1024 }])
})

pgTest('the server refuses a row: its error, and the connection goes on', async t => {
  const { connections, signal, sql } = await postgresTables(t, await server.database(), {}, false)
  await sql('CREATE TABLE x (a int)')
  await connections.use(signal, async session => {
    function* chunks(): Generator<Buffer> {
      yield Buffer.from('bad\n')
      for (let i = 0; i < 100; i++) yield Buffer.from('1\n'.repeat(50_000))
    }
    await t.throwsAsync(copyIn(session, SQL, chunks()), { code: '22P02' })
    await copyIn(session, SQL, [Buffer.from('7\n')])
  })
  t.deepEqual(await sql('SELECT a FROM x'), [{ a: 7 }])
})

pgTest('a table that is not there', async t => {
  const { connections, signal } = await postgresTables(t, await server.database(), {}, false)
  await connections.use(signal, async session => {
    await t.throwsAsync(copyIn(session, SQL, [Buffer.from('1\n')]), { code: '42P01' })
    await session.query('SELECT 1')
  })
})

pgTest('a connection that is cut in the middle', async t => {
  const proxy = await startCutProxy(t, server.port)
  const endpoint = (await server.database()).replace(/:\d+\//, `:${proxy.port}/`)
  const { connections, signal, sql } = await postgresTables(t, endpoint, {}, false)
  await sql('CREATE TABLE x (a text)')
  proxy.onClientData = chunk => (chunk.includes('cut here') ? 'now' : 'pass')
  function* chunks(): Generator<Buffer> {
    for (let i = 0; i < 10; i++) yield Buffer.from('row\n'.repeat(100_000))
    yield Buffer.from('cut here\n')
    for (;;) yield Buffer.from('row\n'.repeat(100_000))
  }
  await t.throwsAsync(connections.use(signal, session => copyIn(session, SQL, chunks())))
  t.is(proxy.cuts, 1)
  proxy.onClientData = () => 'pass'
  t.deepEqual(await sql('SELECT * FROM x'), [])
})
