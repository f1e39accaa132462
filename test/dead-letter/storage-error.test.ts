import test from 'ava'
import { storageError } from '../../src/dead-letter/storage-error.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

const isTold = test.macro((t, code: string, reason: string) => {
  const thrown = Object.assign(new Error(`${code}: it failed`), { code })
  t.like(storageError('/data', thrown), {
    retryable: true,
    reason,
    message: `cannot write dead letters to /data: ${code}: it failed`,
  })
})
test('a full disk may have room again', isTold, 'ENOSPC', 'disk_full')
test('so may a quota', isTold, 'EDQUOT', 'disk_full')
test('a permission may be given', isTold, 'EACCES', 'permission_denied')
test('anything else may pass, too', isTold, 'EIO', 'dead_letter_unwritable')

test('a verdict stays what it is', t => {
  const full = PipelineError.retryable('full')
  t.is(storageError('/data', full), full)
})
