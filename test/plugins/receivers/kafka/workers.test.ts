import test from 'ava'
import { kafkaReceiver } from '../../../../plugins/receivers/kafka/index.ts'
import { complaintsOf, configOf } from '../../../helpers/plugin-yaml.ts'

test('each of several workers has a group_instance_id of its own', t => {
  const id = (index: number, yaml: string): string | undefined => {
    const config = configOf(kafkaReceiver, yaml)
    return kafkaReceiver.forWorker?.(config, { index, count: 2 }).group_instance_id
  }
  t.is(id(0, 'group_instance_id: parsec-0'), 'parsec-0')
  t.is(id(1, 'group_instance_id: parsec-0'), 'parsec-0-worker-1')
  t.is(id(1, ''), '')
})

test('an id that other clients would refuse is a mistake', t => {
  t.regex(complaintsOf(kafkaReceiver, 'group_instance_id: a b').join(), /letters, digits/)
  t.deepEqual(complaintsOf(kafkaReceiver, 'group_instance_id: ""'), [])
})
