import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CORPUS, corpus, grpcMessage } from './corpus.ts'
import { builtFile, type Measured, measure, Server } from './measure.ts'
import { type BenchPath, PORTS, pathConfig } from './paths.ts'
import { plainRecords } from './plain-records.ts'

export interface EndToEndOptions {
  readonly seconds: number
  /** A Collector binary to run the same configs with; undefined = only Parsec. */
  readonly collector: string | undefined
}

export interface Row {
  readonly name: string
  readonly program: 'parsec' | 'collector' | 'bare server'
  readonly goal: number | undefined
  readonly measured: Measured
}

const SINKS = {
  nop: undefined,
  otlp: { file: 'grpc-sink.js', port: PORTS.otlp },
  otlp_http: { file: 'bare-http.js', port: PORTS.otlpHttp },
  clickhouse: { file: 'clickhouse-sink.js', port: PORTS.clickhouse },
} as const

/** Measures one path; the same bytes again and again, 1,000 records a request. */
export async function measurePath(path: BenchPath, options: EndToEndOptions): Promise<Row[]> {
  const rows: Row[] = []
  await inFolder(async folder => {
    const config = join(folder, 'config.yaml')
    writeFileSync(config, pathConfig(path, folder))
    const sink = SINKS[path.exporter]
    const parsec = [process.execPath, builtFile('..', '..', 'bin', 'parsec.js'), 'run']
    const programs = [['parsec', [...parsec, '--config', config]] as const]
    const name = path.name
    if (options.collector !== undefined && path.protocol !== 'ingest') {
      rows.push(...(await runCollector(path, options, folder, config)))
    }
    for (const [program, command] of programs) {
      const measured = await withSink(sink, folder, () =>
        underLoad(command, path, folder, options.seconds),
      )
      rows.unshift({ name, program, goal: path.goal, measured })
    }
    if (path.exporter === 'nop') {
      const kind = path.protocol === 'grpc' ? 'grpc' : 'http'
      const bare = [process.execPath, builtFile('servers', `bare-${kind}.js`)]
      const port = PORTS[path.protocol]
      const measured = await underLoad([...bare, String(port)], path, folder, options.seconds)
      rows.push({ name, program: 'bare server', goal: undefined, measured })
    }
  })
  return rows
}

async function runCollector(
  path: BenchPath,
  options: EndToEndOptions,
  folder: string,
  config: string,
): Promise<Row[]> {
  const command = [options.collector!, '--config', config]
  try {
    const measured = await withSink(SINKS[path.exporter], folder, () =>
      underLoad(command, path, folder, options.seconds),
    )
    return [{ name: path.name, program: 'collector', goal: undefined, measured }]
  } catch (error) {
    console.error(`collector, ${path.name}: ${String(error)}`)
    return []
  }
}

async function withSink<T>(
  sink: { readonly file: string; readonly port: number } | undefined,
  folder: string,
  run: () => Promise<T>,
): Promise<T> {
  if (sink === undefined) return run()
  const command = [process.execPath, builtFile('servers', sink.file), String(sink.port)]
  const server = new Server(command, 1, join(folder, 'sink.log'))
  try {
    await server.listening(sink.port)
    return await run()
  } finally {
    await server.stop()
  }
}

async function underLoad(
  command: readonly string[],
  path: BenchPath,
  folder: string,
  seconds: number,
): Promise<Measured> {
  const { protocol } = path
  const port = PORTS[protocol]
  const { body, records } = requestOf(path)
  const bodyFile = join(folder, `body.${protocol}`)
  writeFileSync(bodyFile, body)
  const server = new Server(command, 0, join(folder, 'server.log'))
  try {
    await server.listening(port)
    return await measure(server, { protocol, port, bodyFile, recordsPerRequest: records, seconds })
  } finally {
    await server.stop()
  }
}

function requestOf({ protocol, queue }: BenchPath): { body: Buffer; records: number } {
  if (protocol === 'ingest') return { body: plainRecords(100), records: 100 }
  const body = corpus(queue === undefined ? CORPUS.logs1000 : CORPUS.logs190)
  const records = queue === undefined ? 1000 : 190
  if (protocol === 'http') return { body, records }
  return { body: grpcMessage(body), records }
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parsec-bench-'))
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
