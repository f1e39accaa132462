import test from 'ava'
import { diskError } from '../../src/queue/disk-error.ts'

const isTold = test.macro((t, code: string, reason: string, message: RegExp) => {
  const cause = Object.assign(new Error(`${code}: it says`), { code })
  const error = diskError(cause, '/var/queue')
  t.is(error.reason, reason)
  t.true(error.retryable)
  t.is(error.retryAfterMs, 5000)
  t.regex(error.message, message)
  t.is(error.cause, cause)
})
test('a full disk', isTold, 'ENOSPC', 'disk_full', /^the disk under \/var\/queue is full: free/)
test('a quota that is used up', isTold, 'EDQUOT', 'disk_full', /is full/)
test('a disk that fails', isTold, 'EIO', 'disk_error', /\/var\/queue refuses: EIO: it says$/)

test('whatever was thrown becomes a verdict', t => {
  t.is(diskError('oops', '/q').message, 'the disk under /q refuses: oops')
})
