import type { PluginContext } from '#core'
import type { PostgresConfig } from '../config.ts'
import type { Session } from '../connections.ts'
import { createPartitions } from '../partitions/create-partitions.ts'
import { expirePartitions, pruneLedger } from '../partitions/expire-partitions.ts'
import { type TransactionLimits } from '../transaction.ts'
import { runMigrations } from './run-migrations.ts'
import { schemaOptions } from './schema-options.ts'
import { checkTables } from './table-columns.ts'

/**
 * Of everything that changes tables. The wait for a lock is short, since inserts queue up behind a
 * statement that waits for its lock; who gives up comes again.
 */
const SCHEMA_LIMITS: TransactionLimits = { statementMs: 50_000, lockMs: 3000 }

type Logger = PluginContext['logger']

/**
 * Makes the tables ready to be written. With `create_schema` they are made and migrated, and the
 * partitions of the coming days made; without, they are only looked at. Throws SchemaError when a
 * person has to act, and whatever the server says.
 */
export async function prepareTables(
  session: Session,
  config: PostgresConfig,
  logger: Logger,
): Promise<void> {
  const options = schemaOptions(config)
  if (config.create_schema) {
    const applied = await runMigrations(session, options, SCHEMA_LIMITS)
    if (applied.length > 0) logger.info({ applied }, 'schema migrated')
  }
  await checkTables(session, options)
  if (config.create_schema) await makePartitions(session, config, logger)
}

/** What has to be done to the tables from time to time: partitions made and expired, memory cut. */
export async function keepTables(
  session: Session,
  config: PostgresConfig,
  logger: Logger,
): Promise<void> {
  const options = schemaOptions(config)
  if (config.create_schema) {
    await makePartitions(session, config, logger)
    if (config.ttl > 0) {
      const dropped = await expirePartitions(session, options, config.ttl, SCHEMA_LIMITS)
      if (dropped.length > 0) logger.info({ dropped }, 'partitions expired')
    }
  }
  await pruneLedger(session, options, config.dedup_window, SCHEMA_LIMITS)
}

async function makePartitions(
  session: Session,
  config: PostgresConfig,
  logger: Logger,
): Promise<void> {
  const window = { daysAhead: config.partition_days_ahead, daysBehind: daysBehind(config) }
  const made = await createPartitions(session, schemaOptions(config), window, SCHEMA_LIMITS)
  if (made.length > 0) logger.debug({ made }, 'partitions made')
}

/** No partition is made that would expire at once. */
function daysBehind({ ttl, partition_days_behind: days }: PostgresConfig): number {
  return ttl === 0 ? days : Math.min(days, Math.floor(ttl / 86_400_000))
}
