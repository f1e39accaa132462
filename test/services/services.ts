import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { servicesFolder } from './folder.ts'
import { type KafkaAddresses, KafkaBroker } from './kafka.ts'
import { type PostgresAddress, startPostgres } from './postgres.ts'
import { isAlive, stopProcess } from './process.ts'
import { type RedisAddress, startRedis } from './redis.ts'
import type { ServiceName } from './tools.ts'

/*
 * Real services for tests, shared by all test processes of a checkout. `services.json` says what
 * runs and where; whoever changes it holds the lock.
 */

/** What services.json holds. */
export interface Services {
  readonly kafka?: KafkaAddresses & { readonly pid: number }
  readonly redis?: RedisAddress & { readonly pid: number }
  readonly postgres?: PostgresAddress & { readonly pid: number }
}

const stateFile = join(servicesFolder, 'services.json')
const lockFolder = join(servicesFolder, 'lock')
const usersFolder = join(servicesFolder, 'users')
/** There while somebody wants the services to stay, used or not. */
const keepFile = join(servicesFolder, 'keep')

/** The services that run, by what was written and by which processes live. */
export function runningServices(): Services {
  if (!existsSync(stateFile)) return {}
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as Record<string, { pid: number }>
  return Object.fromEntries(Object.entries(state).filter(([, { pid }]) => isAlive(pid)))
}

/** Starts those of the services that do not run yet. Throws when one does not start. */
export async function startServices(names: readonly ServiceName[]): Promise<Services> {
  return await locked(async () => {
    const missing = names.filter(name => runningServices()[name] === undefined)
    for (const name of missing) {
      const folder = join(servicesFolder, name)
      // Data of an earlier run is of no use to tests, and slows the start.
      rmSync(folder, { recursive: true, force: true })
      write({ ...runningServices(), [name]: await STARTERS[name](folder) })
    }
    return runningServices()
  })
}

export async function stopServices(): Promise<void> {
  await locked(stopAll)
}

/** Says that the services run until `stopServices`, used or not. */
export function keepServices(): void {
  mkdirSync(servicesFolder, { recursive: true })
  writeFileSync(keepFile, '')
}

/** Says that this process uses the services, for as long as it lives. */
export function useServices(): void {
  mkdirSync(usersFolder, { recursive: true })
  writeFileSync(join(usersFolder, String(process.pid)), '')
}

/**
 * Stops the services once nobody has used them for `idleMs`, unless somebody else cares for them.
 */
export async function stopWhenIdle(idleMs: number): Promise<void> {
  for (let since = Date.now(); ; await sleep(500)) {
    if (existsSync(keepFile) || Object.keys(runningServices()).length === 0) return
    if (hasUsers()) since = Date.now()
    if (Date.now() - since < idleMs) continue
    const isStopped = await locked(async () => {
      if (hasUsers()) return false
      await stopAll()
      return true
    })
    if (isStopped) return
  }
}

const STARTERS = {
  kafka: async (folder: string) => {
    const broker = await KafkaBroker.create(folder)
    await broker.start()
    return { ...broker.addresses, pid: broker.pid! }
  },
  redis: startRedis,
  postgres: startPostgres,
} as const

async function stopAll(): Promise<void> {
  const running = Object.values(runningServices()) as { pid: number }[]
  // PostgreSQL's SIGINT ends open sessions; the others take it as SIGTERM.
  await Promise.all(running.map(({ pid }) => stopProcess(pid, 'SIGINT')))
  rmSync(stateFile, { force: true })
  rmSync(keepFile, { force: true })
}

function hasUsers(): boolean {
  const users = existsSync(usersFolder) ? readdirSync(usersFolder) : []
  for (const pid of users) {
    if (isAlive(Number(pid))) return true
    rmSync(join(usersFolder, pid), { force: true })
  }
  return false
}

/** Readers never see half a file. */
function write(services: Services): void {
  const unfinished = `${stateFile}.${process.pid}`
  writeFileSync(unfinished, `${JSON.stringify(services, undefined, 2)}\n`)
  renameSync(unfinished, stateFile)
}

/** One process at a time; a lock whose holder has died is taken over. */
async function locked<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(servicesFolder, { recursive: true })
  const holder = join(lockFolder, 'pid')
  for (;;) {
    try {
      mkdirSync(lockFolder)
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if (existsSync(holder) && !isAlive(Number(readFileSync(holder, 'utf8')))) {
      rmSync(lockFolder, { recursive: true, force: true })
    }
    await sleep(100)
  }
  writeFileSync(holder, String(process.pid))
  try {
    return await work()
  } finally {
    rmSync(lockFolder, { recursive: true, force: true })
  }
}
