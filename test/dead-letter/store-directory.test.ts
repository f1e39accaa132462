import test from 'ava'
import type { ServiceConfig } from '../../src/config/service-config.ts'
import { storeDirectories, storeDirectoryOf } from '../../src/dead-letter/store-directory.ts'

test('a queue on disk has its dead letters beside it', t => {
  t.is(
    storeDirectoryOf({ sending_queue: { directory: '/data/queue/' } }),
    '/data/queue-dead-letter',
  )
})

test('without a queue on disk there is no such directory', t => {
  t.is(storeDirectoryOf({ sending_queue: { enabled: false, directory: '/q' } }), undefined)
  t.is(storeDirectoryOf({ sending_queue: {} }), undefined)
  t.is(storeDirectoryOf(undefined), undefined)
})

test('all directories of a config, each once', t => {
  const exporter = (directory: string) => ({ config: { sending_queue: { directory } } })
  const config = {
    deadLetter: { directory: '/dead', sizeBytesMax: 1 },
    exporters: new Map([
      ['a', exporter('/a')],
      ['b', exporter('/b')],
      ['c', exporter('/b')],
    ]),
  } as unknown as ServiceConfig
  t.deepEqual(storeDirectories(config), ['/dead', '/a-dead-letter', '/b-dead-letter'])
})
