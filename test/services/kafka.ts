import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'
import { freePorts, startProcess, stopProcess } from './process.ts'
import { fetchKafkaJars } from './tools.ts'

/** Where a broker listens, `host:port` each, and how to prove who one is. */
export interface KafkaAddresses {
  readonly brokers: string
  /** SASL without TLS: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER (unsigned tokens). */
  readonly saslBrokers: string
  readonly tlsBrokers: string
  /** PEM file of the authority behind `tlsBrokers`. */
  readonly caFile: string
}

/** The users every broker knows. bob may do what no ACL forbids; alice may do everything. */
export const KAFKA_USERS = { alice: 'alice-secret', bob: 'bob-secret' } as const

/** Small, and quick to start rather than fast. */
const JVM_OPTIONS = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/**
 * One Apache Kafka broker in KRaft mode, its own controller. Its ports and data stay the same
 * through restarts.
 */
export class KafkaBroker {
  readonly addresses: KafkaAddresses
  readonly #folder: string
  #pid: number | undefined

  private constructor(folder: string, addresses: KafkaAddresses) {
    this.#folder = folder
    this.addresses = addresses
  }

  /** Makes a new broker in `folder`, not started yet. */
  static async create(folder: string): Promise<KafkaBroker> {
    mkdirSync(folder, { recursive: true })
    const [plain, sasl, tls, controller] = await freePorts(4)
    const at = (port: number | undefined): string => `127.0.0.1:${port}`
    const addresses: KafkaAddresses = {
      brokers: at(plain),
      saslBrokers: at(sasl),
      tlsBrokers: at(tls),
      caFile: join(folder, 'ca.pem'),
    }
    const authority = createAuthority()
    writeFileSync(addresses.caFile, authority.certPem)
    const { certPem, keyPem } = issueCertificate(authority)
    writeFileSync(join(folder, 'keystore.pem'), `${keyPem}${certPem}`)
    writeFileSync(propertiesFile(folder), serverProperties(folder, addresses, at(controller)))
    return new KafkaBroker(folder, addresses)
  }

  get pid(): number | undefined {
    return this.#pid
  }

  async start(): Promise<void> {
    const jars = fetchKafkaJars()
    if (!existsSync(join(this.#folder, 'data', 'meta.properties'))) format(jars, this.#folder)
    this.#pid = await startProcess({
      name: 'kafka',
      command: 'java',
      args: [...JVM_OPTIONS, '-cp', join(jars, '*'), 'kafka.Kafka', propertiesFile(this.#folder)],
      logFile: join(this.#folder, 'kafka.log'),
      check: () => answers(this.addresses.brokers),
    })
  }

  async stop(): Promise<void> {
    if (this.#pid !== undefined) await stopProcess(this.#pid)
    this.#pid = undefined
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    if (this.#pid !== undefined) await stopProcess(this.#pid, 'SIGKILL')
    this.#pid = undefined
  }
}

function propertiesFile(folder: string): string {
  return join(folder, 'server.properties')
}

function serverProperties(folder: string, at: KafkaAddresses, controller: string): string {
  const own = { PLAINTEXT: at.brokers, SASL: at.saslBrokers, TLS: at.tlsBrokers }
  const listeners = Object.entries(own).map(([name, address]) => `${name}://${address}`)
  const users = Object.entries(KAFKA_USERS).map(([name, secret]) => `user_${name}="${secret}"`)
  const login = (kind: string, options = ''): string =>
    `org.apache.kafka.common.security.${kind}LoginModule required ${options};`
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: [...listeners, `CONTROLLER://${controller}`],
    'advertised.listeners': listeners,
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': controller,
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:alice',
    'allow.everyone.if.no.acl.found': true,
    'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.sasl.plain.sasl.jaas.config': login('plain.Plain', users.join(' ')),
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': login('scram.Scram'),
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': login('scram.Scram'),
    'listener.name.sasl.oauthbearer.sasl.jaas.config': login('oauthbearer.OAuthBearer'),
    'listener.name.tls.ssl.keystore.type': 'PEM',
    'listener.name.tls.ssl.keystore.location': join(folder, 'keystore.pem'),
  }
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${String(value)}\n`)
  return lines.join('')
}

function format(jars: string, folder: string): void {
  const scram = Object.entries(KAFKA_USERS).flatMap(([name, secret]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map(kind => `${kind}=[name=${name},password=${secret}]`),
  )
  const tool = ['-cp', join(jars, '*'), 'kafka.tools.StorageTool']
  const id = java([...tool, 'random-uuid']).trim()
  const added = scram.flatMap(user => ['--add-scram', user])
  java([...tool, 'format', '--standalone', '-t', id, '-c', propertiesFile(folder), ...added])
}

function java(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('java', args, { encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new Error(`java ${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout.trim().split('\n').at(-1)!
}

/** Rejects until the broker is registered and looks after consumer groups. */
async function answers(brokers: string): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: [brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 2000,
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { brokers: known } = await admin.describeCluster()
    if (known.length === 0) throw new Error('no broker is registered yet')
    await admin.fetchOffsets({ groupId: 'is-ready', topics: [] })
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}
