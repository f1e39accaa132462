import type {
  NativeInsert,
  SelectedRow,
  Transport,
} from '../../plugins/exporters/clickhouse/transport.ts'

/** A transport that keeps what it is told and answers SELECTs by their first words. */
export class FakeTransport implements Transport {
  readonly endpoint = 'fake://store'
  readonly commands: string[] = []
  readonly inserts: NativeInsert[] = []
  /** Rows for each SELECT or DESCRIBE that contains the key. */
  readonly answers = new Map<string, readonly SelectedRow[]>()
  opened = 0
  closed = 0
  /** When set, every insert awaits it first; it may throw. */
  beforeInsert: ((insert: NativeInsert) => void | Promise<void>) | undefined
  beforeOpen: (() => void | Promise<void>) | undefined

  async open(): Promise<void> {
    this.opened++
    await this.beforeOpen?.()
  }

  async command(sql: string): Promise<void> {
    this.commands.push(sql)
  }

  async select(sql: string): Promise<SelectedRow[]> {
    for (const [key, rows] of this.answers) if (sql.includes(key)) return [...rows]
    return []
  }

  async insert(insert: NativeInsert): Promise<void> {
    await this.beforeInsert?.(insert)
    this.inserts.push({ ...insert, block: Buffer.from(insert.block) })
  }

  async query(): Promise<Buffer> {
    return Buffer.alloc(0)
  }

  async close(): Promise<void> {
    this.closed++
  }
}

/** An error as the engine gives it, with its code. */
export function engineError(code: number, message: string): Error {
  return Object.assign(new Error(`Code: ${code}. DB::Exception: ${message}`), {
    clickhouseCode: code,
  })
}
