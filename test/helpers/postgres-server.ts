import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { missingFor } from '../services/tools.ts'
import { OwnPostgres, type PostgresOptions } from './own-postgres.ts'
import { serviceTest } from './service-test.ts'

/*
 * Tests with a PostgreSQL server of the test file's own. Where none is installed they are skipped,
 * loudly, and fail in CI.
 */

const missing = missingFor('postgres')
/** A start on a busy machine may take this long. */
const START_MS_MAX = 120_000

export interface PostgresTests {
  /** `test`, or its skipped form. */
  readonly pgTest: (title: string, run: (t: ExecutionContext) => Promise<void> | void) => void
  /** Only inside a test. */
  readonly server: Pick<OwnPostgres, 'port' | 'sql' | 'database'>
}

/** The server is started before the tests of the file and stopped after them. */
export function usePostgres(options: PostgresOptions = {}): PostgresTests {
  let started: OwnPostgres | undefined
  const known = (): OwnPostgres => {
    if (started !== undefined) return started
    throw new Error('the PostgreSQL server has not been started')
  }
  if (missing === undefined) {
    test.before(async t => {
      t.timeout(START_MS_MAX)
      started = await OwnPostgres.start(options)
    })
    test.after.always(async () => await started?.stop())
  }
  return {
    pgTest,
    server: {
      get port() {
        return known().port
      },
      sql: text => known().sql(text),
      database: () => known().database(),
    },
  }
}

/** A test that needs PostgreSQL on the machine. */
export function pgTest(title: string, run: (t: ExecutionContext) => Promise<void> | void): void {
  serviceTest(missing, title, run)
}

/** A client of a database that `database()` has made, closed after the test. */
export async function connectTo(t: ExecutionContext, endpoint: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: endpoint })
  client.on('error', () => {})
  await client.connect()
  t.teardown(() => client.end())
  return client
}
