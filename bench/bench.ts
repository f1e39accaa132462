import { parseArgs } from 'node:util'
import { Bench } from 'tinybench'
import { runningServices, stopServices } from '../test/services/services.ts'
import { measureBacklog } from './backlog.ts'
import { decodeCases } from './decode.ts'
import { measurePath, type Row } from './end-to-end.ts'
import { ingestCases } from './ingest.ts'

import { KAFKA_CASE, measureKafka } from './kafka.ts'

import { kafkaCases } from './kafka-range.ts'

import { missingTool } from './measure.ts'
import { PATHS } from './paths.ts'
import { measurePostgres, POSTGRES_CASE } from './postgres.ts'
import { measureQueues } from './queue.ts'
import { recordBatchCases } from './record-batch.ts'
import { measureTenants } from './tenants.ts'
import { measureWorkers } from './workers.ts'

/*
 * npm run bench                          every case
 * npm run bench -- decode                cases whose name holds "decode"
 * npm run bench -- --collector PATH      the same end-to-end paths with a Collector binary, too
 * npm run bench -- --backlog 10 backlog  a queue of 10 GB, not of 2
 * npm run bench -- --lag 10 kafka       catching up on 10 million records, not on 1
 * npm run bench -- --smoke               each in-process case once: do they still run?
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    collector: { type: 'string' },
    seconds: { type: 'string', default: '8' },
    backlog: { type: 'string', default: '2' },
    lag: { type: 'string', default: '1' },
    smoke: { type: 'boolean', default: false },
  },
})
const [filter = ''] = positionals
/** The first is the yardstick of the others. */
const inProcessCases = [...decodeCases, ...ingestCases, ...kafkaCases, ...recordBatchCases]

if (values.smoke) await smoke()
else {
  const hasServices = Object.keys(runningServices()).length > 0
  await inProcess()
  if (POSTGRES_CASE.includes(filter)) await measurePostgres()
  if (KAFKA_CASE.includes(filter)) {
    await measureKafka(Number(values.seconds), Number(values.lag) * 1e6)
  }
  await queues()
  await backlog()
  await tenants()
  await workers()
  await endToEnd()
  if (!hasServices) await stopServices()
}

async function smoke(): Promise<void> {
  for (const { name, run } of inProcessCases) {
    await run()
    console.log(`ran ${name}`)
  }
}

/** Times the in-process cases against each other, interleaved by tinybench's own rounds. */
async function inProcess(): Promise<void> {
  const cases = inProcessCases.filter(({ name }) => name.includes(filter))
  if (cases.length === 0) return
  const bench = new Bench({ time: 1500, warmupTime: 500 })
  // What is given back decides whether it is waited for.
  for (const { name, run } of cases) bench.add(name, run)
  await bench.run()
  const nanos = bench.tasks.map((task, index) => {
    const { result } = task
    const median = 'latency' in result ? result.latency.p50 : Number.NaN
    return (median * 1e6) / cases[index]!.records
  })
  console.log('\nin process: ns per record (median), share of the first case, promised share')
  for (const [index, { name, goal }] of cases.entries()) {
    const share = (nanos[index]! / nanos[0]!).toFixed(4)
    const promised = goal === undefined ? '' : `<= ${goal.toFixed(4)}`
    const cells = [
      name.padEnd(52),
      nanos[index]!.toFixed(0).padStart(7),
      share.padStart(9),
      promised,
    ]
    console.log(`  ${cells.join(' ')}`)
  }
}

/** The sending queue in memory and on disk, in turns. */
async function queues(): Promise<void> {
  if (!'sending queue'.includes(filter)) return
  console.log('\nsending queue, 32 senders of 190 records (about 100 KB) each')
  const rows = await measureQueues(Number(values.seconds) / 4)
  for (const row of rows) {
    const cells = [
      row.name.padEnd(8),
      `${Math.round(row.recordsPerSecond)} rec/s`.padStart(16),
      `${row.cpuMicrosPerRecord.toFixed(2)} us CPU/rec`.padStart(18),
      `ack p50 ${row.ackP50Ms.toFixed(1)} ms`.padStart(18),
      `p99 ${row.ackP99Ms.toFixed(1)} ms`.padStart(14),
      `${(row.recordsPerSecond / rows[0]!.recordsPerSecond).toFixed(2)} of memory`.padStart(18),
    ]
    console.log(`  ${cells.join(' ')}`)
  }
}

/** Opening what a long outage has left on disk. */
async function backlog(): Promise<void> {
  if (!'queue backlog'.includes(filter)) return
  const { gigabytes, batches, openMs, rssMebibytes } = await measureBacklog(Number(values.backlog))
  console.log(`\nqueue backlog of ${gigabytes} GB, ${batches} batches of 1,000 records`)
  console.log(
    `  first batch after ${openMs.toFixed(0)} ms (promised: 2000 ms for 10 GB), ${rssMebibytes.toFixed(0)} MiB of memory (promised: 300 MB)`,
  )
}

/** Whether a record costs the same with two workers as with one. */
async function workers(): Promise<void> {
  if (!'workers'.includes(filter)) return
  const missing = missingTool()
  if (missing !== undefined) {
    console.log(`\nworkers SKIPPED: ${missing} is not installed`)
    return
  }
  console.log('\nworkers: OTLP/HTTP -> nop, load generator on the same two cores')
  for (const row of await measureWorkers(Number(values.seconds))) {
    const thousands = (value: number): string => `${Math.round(value / 1000)} k`
    console.log(
      `${row.workers}: ${thousands(row.recordsPerSecond)} records/s, ${thousands(row.recordsPerCpuSecond)} a CPU-second, ${row.cores.toFixed(2)} cores, shares ${row.shares.map(share => share.toFixed(2)).join(' ')}`,
    )
  }
}

/** What a tenant notices of a neighbour that sends far more than it may. */
async function tenants(): Promise<void> {
  if (!'tenants'.includes(filter)) return
  const missing = missingTool()
  if (missing !== undefined) {
    console.log(`\ntenants SKIPPED: ${missing} is not installed`)
    return
  }
  console.log(
    '\ntenants: a limit of 1,000 records/s each; one sends half of it, 50 requests a second',
  )
  for (const row of await measureTenants(Number(values.seconds))) {
    const cells = [
      row.name.padEnd(28),
      `${row.accepted} of ${row.sent} accepted`.padStart(20),
      `p50 ${row.p50Ms.toFixed(1)} ms`.padStart(12),
      `p99 ${row.p99Ms.toFixed(1)} ms`.padStart(14),
      `${row.cpuMicrosPerRequest.toFixed(0)} us CPU/req`.padStart(16),
      `flood ${Math.round(row.floodPerSecond)} rec/s, ${(row.floodRefused * 100).toFixed(1)} % refused`,
    ]
    console.log(`  ${cells.join(' ')}`)
  }
}

async function endToEnd(): Promise<void> {
  const paths = PATHS.filter(({ name }) => name.includes(filter))
  if (paths.length === 0) return
  const missing = missingTool()
  if (missing !== undefined) {
    console.log(`\nend-to-end cases SKIPPED: ${missing} is not installed`)
    return
  }
  console.log(
    '\nend to end, one core, 1,000 records of about 530 bytes a request (190 with a queue, 100 at ingest)',
  )
  console.log(
    `  ${'path'.padEnd(30)} ${'program'.padEnd(12)} ${'rec/CPU-s'.padStart(10)} ${'goal'.padStart(9)} ${'rec/s'.padStart(9)} ${'us/req'.padStart(7)} ${'peak MiB'.padStart(8)}`,
  )
  for (const path of paths) {
    const options = { seconds: Number(values.seconds), collector: values.collector }
    for (const row of await measurePath(path, options)) print(row)
  }
}

function print({ name, program, goal, measured }: Row): void {
  const cells = [
    name.padEnd(30),
    program.padEnd(12),
    Math.round(measured.recordsPerCpuSecond).toString().padStart(10),
    (goal === undefined ? '-' : String(goal)).padStart(9),
    Math.round(measured.recordsPerSecond).toString().padStart(9),
    measured.cpuMicrosPerRequest.toFixed(0).padStart(7),
    String(measured.peakMebibytes).padStart(8),
    measured.failedRequests > 0 ? `  ${measured.failedRequests} FAILED` : '',
  ]
  console.log(`  ${cells.join(' ')}`)
}
