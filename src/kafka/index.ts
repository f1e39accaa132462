/** The door to Kafka for plugins: a port of few methods over the client library. */

export { createKafka, type KafkaClient } from './client.ts'
export { type KafkaClientConfig, kafkaClientFields } from './client-config.ts'
export { clusterId, offsetsAt, type PartitionBounds, topicBounds } from './cluster.ts'
export type { CommittedOffset, TopicPartition } from './committed-offsets.ts'
export {
  type Assignment,
  type ConsumerHandler,
  type FetchedMessages,
  KafkaConsumer,
  type KafkaMessage,
  type SkippedOffsets,
} from './consumer.ts'
export { COMPRESSION_LEVELS_MAX, type KafkaCompression } from './create-codec.ts'
export { instanceOwner } from './instance-owner.ts'
export { isFenced, isInstanceFenced, isTooLarge, kafkaError } from './kafka-errors.ts'
export { type FetchedRange, PartitionReader } from './partition-reader.ts'
export { KafkaProducer, type KafkaRecord, PRODUCER_RETRIES } from './producer.ts'
export { UNDECODABLE_HEADER } from './protocol/fetched-message.ts'
export { NOTE_NAMES_MAX } from './transaction-note.ts'
export type { SendInTransaction } from './transaction-session.ts'
export { type Committed, TransactionalProducer } from './transactional-producer.ts'
