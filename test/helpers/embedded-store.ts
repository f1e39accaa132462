import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ChdbTransport } from '../../plugins/exporters/clickhouse/chdb/transport.ts'

/**
 * The real engine, embedded, for the tests of a file: open before them, closed and deleted after. It
 * opens one directory a process, so they share the store, and each has tables of its own.
 */
export async function embeddedStore() {
  const directory = await mkdtemp(join(tmpdir(), 'parsec-chdb-'))
  const path = join(directory, 'store')
  const transport = new ChdbTransport({
    path,
    database: 'default',
    settings: {},
    create: true,
    onWarning: () => {},
  })
  test.before(() => transport.open())
  test.after.always(async () => {
    await transport.close(AbortSignal.timeout(5000))
    await rm(directory, { recursive: true, force: true })
  })
  return { path, transport }
}
