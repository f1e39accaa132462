import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { aptInstall } from './apt.ts'
import { root, servicesFolder } from './folder.ts'
import { isOnPath, pathFolders } from './path.ts'

/*
 * The programs behind the services: found on the machine, or installed with apt-get when we are
 * root on a Debian. Kafka's jars come from Maven Central once and stay in .parsec/services.
 */

export type ServiceName = 'kafka' | 'redis' | 'postgres'

export const SERVICE_NAMES: readonly ServiceName[] = ['kafka', 'redis', 'postgres']

/** Kafka 4 needs it. */
const JAVA_MIN = 17

const PACKAGES: Readonly<Record<ServiceName, readonly string[]>> = {
  kafka: ['default-jre-headless', 'maven'],
  redis: ['redis-server'],
  postgres: ['postgresql'],
}

/** Why a service cannot run here and what to do about it; undefined when it can. */
export function missingFor(name: ServiceName): string | undefined {
  if (isThere[name]()) return undefined
  const packages = PACKAGES[name].join(' ')
  return `${name} needs ${NEEDS[name]}; on Debian: apt-get install ${packages}`
}

const NEEDS: Readonly<Record<ServiceName, string>> = {
  kafka: `Java ${JAVA_MIN} or newer, and Maven to fetch Kafka's jars`,
  redis: 'redis-server',
  postgres: "PostgreSQL's initdb and postgres",
}

const isThere: Readonly<Record<ServiceName, () => boolean>> = {
  kafka: () => javaVersion() >= JAVA_MIN && (kafkaJars() !== undefined || isOnPath('mvn')),
  redis: () => isOnPath('redis-server'),
  postgres: () => postgresBin() !== undefined,
}

/** Installs what `name` lacks, when that is possible without asking. */
export function install(name: ServiceName): void {
  if (missingFor(name) !== undefined) aptInstall(PACKAGES[name])
}

/** Fetches Kafka's jars unless they are there. Throws with Maven's own words. */
export function fetchKafkaJars(): string {
  const there = kafkaJars()
  if (there !== undefined) return there
  console.error('Fetching Apache Kafka (Maven) ...')
  const folder = jarsFolder()
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  const { status, stdout, stderr, error } = spawnSync(
    'mvn',
    ['-q', '-B', '-f', pom, GOAL, '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`],
    { encoding: 'utf8', timeout: 300_000 },
  )
  if (status !== 0) {
    rmSync(unfinished, { recursive: true, force: true })
    throw new Error(`Maven could not fetch Kafka: ${error?.message ?? `${stdout}${stderr}`}`)
  }
  rmSync(folder, { recursive: true, force: true })
  renameSync(unfinished, folder)
  return folder
}

/** The folder of the newest PostgreSQL server's programs. */
export function postgresBin(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian) : []
  const newest = versions.sort((a, b) => Number(b) - Number(a))
  const folders = newest.map(version => join(debian, version, 'bin'))
  return [...folders, ...pathFolders()].find(folder => existsSync(join(folder, 'initdb')))
}

const GOAL = 'dependency:copy-dependencies'
const pom = join(root, 'test', 'services', 'pom.xml')

/** Named after the pom, so that another version is another folder. */
function jarsFolder(): string {
  const version = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 8)
  return join(servicesFolder, `kafka-jars-${version}`)
}

function kafkaJars(): string | undefined {
  const folder = jarsFolder()
  return existsSync(folder) ? folder : undefined
}

function javaVersion(): number {
  const { stderr, status } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  if (status !== 0) return 0
  return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
}
