import test from 'ava'
import { Registry } from '../../src/plugin/authenticator.ts'

test('what was added is found until it is taken away', t => {
  const registry = new Registry<string>('does it')
  const remove = registry.add('a', 'one')
  t.is(registry.get('a', 'x'), 'one')
  remove()
  t.throws(() => registry.get('a', 'receivers::otlp::auth::authenticator'), {
    message:
      'receivers::otlp::auth::authenticator: no extension "a" that does it is running; configure one under extensions and name it in service::extensions',
  })
})

test('one that was replaced does not take its successor away', t => {
  const registry = new Registry<string>('does it')
  const remove = registry.add('a', 'one')
  registry.add('a', 'two')
  remove()
  t.is(registry.get('a', 'x'), 'two')
})
