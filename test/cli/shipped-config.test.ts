import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import test from 'ava'
import { SHIPPED_CONFIG } from '../../src/cli/shipped-config.ts'

test('the config that commands use without --config is there', t => {
  // From dist/test the path leads to the same place as from dist/src.
  t.is(basename(SHIPPED_CONFIG), 'standalone.yaml')
  t.true(existsSync(SHIPPED_CONFIG))
})
