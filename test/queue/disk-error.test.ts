import test from 'ava'
import { DISK_RETRY_MS, DiskRefusal, diskError, openError } from '../../src/queue/disk-error.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

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

test('a disk that has refused is left alone for a while, and everybody hears the same', async t => {
  const clock = new ManualClock()
  const refusal = new DiskRefusal('/q', clock)
  t.notThrows(() => refusal.assertOver())
  const error = refusal.remember(new Error('EIO'))
  t.is(
    t.throws(() => refusal.assertOver()),
    error,
  )
  await clock.advance(DISK_RETRY_MS)
  t.notThrows(() => refusal.assertOver())
})

const opens = test.macro((t, code: string, advice: RegExp) => {
  const thrown = Object.assign(new Error(`${code}: open '/q/x'`), { code })
  const { message } = openError(thrown, '/q') as Error
  t.regex(message, advice)
  t.true(message.startsWith(`the queue in /q cannot be opened: ${code}: open '/q/x'; `))
})
test('a directory without permission', opens, 'EACCES', /that this user can read and write$/)
test('a read-only file system', opens, 'EROFS', /is read-only: mount it for writing/)
test('a file in place of the directory', opens, 'EEXIST', /a file of that name/)
test('a full disk at the start', opens, 'ENOSPC', /free some space/)

test('what says itself what to do is left as it is', t => {
  const thrown = new Error('is in use by process 1')
  t.is(openError(thrown, '/q'), thrown)
})
