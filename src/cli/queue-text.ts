import type { LockHolder } from '../queue/log/directory-lock.ts'
import type { QueueReport } from '../queue/tools/list-queue.ts'
import type { Damage, Verification } from '../queue/tools/verify-queue.ts'
import { counted } from './counted.ts'

/** `parsec queue ls` for people. */
export function queueText(
  report: QueueReport,
  holder: LockHolder | undefined,
  directory: string,
): string {
  const { waiting, inFlight, oldestAt, segments, troubles, queueId } = report
  const open = holder === undefined ? 'nobody' : `process ${holder.pid}, exporter ${holder.owner}`
  const lines = [
    `${directory}  queue ${queueId}, open by ${open}`,
    `waiting    ${counted(waiting.batches, 'batch')}, ${counted(waiting.logRecords, 'log record')}, ${bytes(waiting.bytes)}`,
    `in flight  ${counted(inFlight.lots, 'lot')} of ${counted(inFlight.batches, 'batch')}, ${counted(inFlight.logRecords, 'log record')}`,
    ...(oldestAt === undefined ? [] : [`oldest     accepted ${oldestAt}`]),
    ...troubles.map(trouble => `TROUBLE    ${trouble}`),
    '',
    row(['state', 'begun', 'first', 'batches', 'records', 'size', 'file']),
    ...segments.map(segment =>
      row([
        segment.state,
        segment.createdAt,
        String(segment.firstSequence),
        String(segment.batches),
        String(segment.logRecords),
        bytes(segment.bytes),
        segment.file,
      ]),
    ),
  ]
  return `${lines.join('\n')}\n`
}

/** `parsec queue verify` for people. */
export function verificationText({
  batches,
  logRecords,
  bytes: size,
  damages,
}: Verification): string {
  const good = `${counted(batches, 'batch')}, ${counted(logRecords, 'log record')}, ${bytes(size)}: intact\n`
  return good + damages.map(damage => `${damageText(damage)}\n`).join('')
}

export function damageText({ file, offset, bytes: size, batches }: Damage): string {
  const lost = batches === 0 ? 'the header of the segment' : counted(batches, 'batch')
  return `DAMAGED ${file} at byte ${offset}, ${size} bytes: ${lost}`
}

const WIDTHS = [8, 25, 10, 9, 10, 10]

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0))
    .join(' ')
    .trimEnd()
}

function bytes(size: number): string {
  if (size < 1024) return `${size} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(Math.floor(Math.log2(size) / 10), units.length)
  return `${(size / 1024 ** power).toFixed(1)} ${units[power - 1]!}`
}
