/** One insert: a Native block and where it goes. */
export interface NativeInsert {
  /** Quoted, with its database. */
  readonly table: string
  readonly columns: readonly string[]
  /** Written into the SQL: a setting would stay with an embedded session and swallow other batches. */
  readonly token: string
  readonly block: Buffer
}

/** One row of a SELECT; absent keys happen only when the server is none of ClickHouse. */
export type SelectedRow = Readonly<Record<string, string | number | null>>

export interface ReadQuery {
  readonly sql: string
  /** ClickHouse output format when the SQL names none. */
  readonly format: string
  readonly timeoutMs: number
  readonly resultBytesMax: number
}

/**
 * The way to a ClickHouse: over HTTP, or embedded. Every method rejects with what the engine or the
 * network threw; `classifyError` makes a verdict of it.
 */
export interface Transport {
  /** For messages: never holds credentials. */
  readonly endpoint: string
  /** Makes the engine reachable; again after a failure. Does nothing when it is already open. */
  open(signal: AbortSignal): Promise<void>
  /** Runs one statement that answers nothing. */
  command(sql: string, signal: AbortSignal): Promise<void>
  /** Runs a SELECT and returns its rows as JSON values. */
  select(sql: string, signal: AbortSignal): Promise<SelectedRow[]>
  insert(insert: NativeInsert, signal: AbortSignal): Promise<void>
  /** Runs SQL of a user, read-only and bounded, and returns its formatted result. */
  query(query: ReadQuery, signal: AbortSignal): Promise<Buffer>
  close(deadline: AbortSignal): Promise<void>
}

/** Quotes a name for SQL. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}

/** Quotes a string for SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** `(a, b) SETTINGS ...`: what follows the table in an insert, but for its source and FORMAT. */
export function insertColumns({ columns }: NativeInsert): string {
  return `(${columns.map(quoteName).join(', ')})`
}

/**
 * The settings of every insert. Servers since 26.2 turn `async_insert` on by default, which is for
 * many small writers; a batch goes in as one block at once, or not at all.
 */
export function insertSettings({ token }: NativeInsert): string {
  return `SETTINGS async_insert=0, insert_deduplicate=1, insert_deduplication_token=${quoteText(token)}`
}
