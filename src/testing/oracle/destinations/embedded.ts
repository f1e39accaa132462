import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PARSEC_MAIN } from '../parsec-under-test.ts'
import type { Mint } from '../records.ts'
import { arrivalsOfRows, expectedRow, SELECT_ROWS } from './clickhouse-rows.ts'
import type { Destination } from './destination.ts'

const READ_MS_MAX = 60_000
const ROWS_BYTES_MAX = 256 * 1024 ** 2

/** The embedded store in Parsec's own process, killed with it; read with `parsec query`. */
export function createEmbeddedDestination(mint: Mint, folder: string): Destination {
  return {
    exporter: { type: 'clickhouse', keys: { endpoint: `chdb://${join(folder, 'store')}` } },
    exactlyOnce: true,
    proxy: undefined,
    expected: number => expectedRow(mint, number),
    arrivals: async configFile => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          PARSEC_MAIN,
          'query',
          '--config',
          configFile,
          '--format',
          'JSONCompactEachRow',
          SELECT_ROWS,
        ],
        { timeout: READ_MS_MAX, maxBuffer: ROWS_BYTES_MAX },
      )
      return arrivalsOfRows(stdout)
    },
    close: () => Promise.resolve(),
  }
}
