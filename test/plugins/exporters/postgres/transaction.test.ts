import {
  beginStatements,
  commit,
  inTransaction,
} from '../../../../plugins/exporters/postgres/transaction.ts'
import { usePostgres } from '../../../helpers/postgres-server.ts'
import { postgresTables } from '../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()
const limits = { statementMs: 200, lockMs: 100 }

pgTest('what is set ends with the transaction', async t => {
  const { connections, signal } = await postgresTables(t, await server.database(), {}, false)
  await connections.use(signal, async session => {
    const setting = async (name: string): Promise<unknown> =>
      (await session.query('SELECT current_setting($1) AS value', [name])).rows[0]
    await session.query("SET synchronous_commit = off; SET timezone = 'Europe/Berlin'")
    await inTransaction(session, limits, async () => {
      t.like(await setting('synchronous_commit'), { value: 'on' })
      t.like(await setting('timezone'), { value: 'UTC' })
      t.like(await setting('lock_timeout'), { value: '100ms' })
      t.like(await setting('transaction_isolation'), { value: 'read committed' })
    })
    t.like(await setting('synchronous_commit'), { value: 'off' })
    t.like(await setting('timezone'), { value: 'Europe/Berlin' })
  })
})

pgTest('a stronger synchronous_commit is left as it is', async t => {
  const { connections, signal } = await postgresTables(t, await server.database(), {}, false)
  await connections.use(signal, async session => {
    await session.query('SET synchronous_commit = remote_apply')
    await session.query(beginStatements(limits))
    const { rows } = await session.query("SELECT current_setting('synchronous_commit') AS value")
    t.deepEqual(rows, [{ value: 'remote_apply' }])
    await commit(session)
  })
})

pgTest('a statement that takes too long is ended', async t => {
  const { connections, signal } = await postgresTables(t, await server.database(), {}, false)
  const work = connections.use(signal, session =>
    inTransaction(session, limits, () => session.query('SELECT pg_sleep(60)')),
  )
  await t.throwsAsync(work, { code: '57014' })
})

pgTest('a COMMIT that rolls back is no commit', async t => {
  const { connections, signal, sql } = await postgresTables(t, await server.database(), {}, false)
  await sql('CREATE TABLE x (a int)')
  const work = connections.use(signal, session =>
    inTransaction(session, limits, async () => {
      await session.query('INSERT INTO x VALUES (1)')
      // Somebody has swallowed the error of a statement.
      await session.query('SELECT 1/0').catch(() => {})
    }),
  )
  await t.throwsAsync(work, { message: /ended with ROLLBACK/ })
  t.deepEqual(await sql('SELECT * FROM x'), [])
})

pgTest('a read-only transaction writes nothing', async t => {
  const { connections, signal } = await postgresTables(t, await server.database(), {}, false)
  const work = connections.use(signal, async session => {
    await session.query(beginStatements(limits, 'ONLY'))
    await session.query('CREATE TABLE x (a int)')
  })
  await t.throwsAsync(work, { code: '25006' })
})
