import { once } from 'node:events'
import { connect } from 'node:net'
import pg from 'pg'
import { serviceTest } from '../helpers/service-test.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { startPostgres } from './postgres.ts'
import { isAlive, stopProcess } from './process.ts'
import { startRedis } from './redis.ts'
import { missingFor } from './tools.ts'

/** Kafka is shown by the tests that use it. */
const CASES = {
  redis: async (folder: string) => {
    const { pid, url } = await startRedis(folder)
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write('SET key value\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    return { pid, answer: answer.toString() }
  },
  postgres: async (folder: string) => {
    const { pid, url } = await startPostgres(folder)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query<{ answer: string }>("SELECT '+OK\r\n' AS answer")
    await client.end()
    return { pid, answer: rows[0]!.answer }
  },
} as const

for (const [name, start] of Object.entries(CASES)) {
  const missing = missingFor(name as keyof typeof CASES)
  const title = `${name} starts on a port of its own, answers, and ends`
  serviceTest(missing, title, async t => {
    const { pid, answer } = await start(await tempFolder(t))
    t.is(answer, '+OK\r\n')
    await stopProcess(pid, 'SIGINT')
    t.false(isAlive(pid))
  })
}
