import test from 'ava'
import { writeError } from '../../../../plugins/exporters/file/write-error.ts'

for (const [code, reason] of [
  ['ENOSPC', 'disk_full'],
  ['EACCES', 'permission_denied'],
  ['ENOENT', 'no_such_directory'],
  ['EIO', 'write_failed'],
] as const) {
  test(`${code} is retryable, for the reason ${reason}`, t => {
    const error = writeError('/data/x', Object.assign(new Error(`${code}: oh`), { code }))
    t.like(error, { retryable: true, code: 'unavailable', reason })
    t.is(error.message, `cannot write to /data/x: ${code}: oh`)
  })
}
