import test from 'ava'
import { SourceText } from '../../src/config/source-text.ts'
import { emptyMap } from '../../src/config/tree.ts'
import { PrimaryConfigs } from '../../src/workers/primary-configs.ts'
import { emptyConfig } from '../helpers/fake-service.ts'

const effective = emptyMap(new SourceText('a.yaml', '').top)

test('a config is known by what it was read as', t => {
  const configs = new PrimaryConfigs()
  const loaded = configs.take({ config: emptyConfig(), problems: [], effective, files: [] })
  t.is(configs.treeOf(loaded.config!), effective)
  t.throws(() => configs.treeOf(emptyConfig()), { message: /not read for workers/ })
})

test('one with errors stays what it is', t => {
  const loaded = { problems: [], effective, files: [] }
  t.is(new PrimaryConfigs().take(loaded), loaded)
})
