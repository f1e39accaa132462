import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  keepServices,
  runningServices,
  startServices,
  stopServices,
  stopWhenIdle,
} from './services.ts'
import { install, missingFor, SERVICE_NAMES, type ServiceName } from './tools.ts'

const USAGE = `usage: npm run services -- start [kafka] [redis] [postgres]   (all without a name)
       npm run services -- stop
       npm run services -- status
       npm run services -- exec COMMAND ...   start, run the command, stop`

/** How long services that a test has started stay after the last test. */
const IDLE_MS = 20_000

/** `npm run services`. Gives the exit code. */
export async function servicesCommand(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  switch (command) {
    case 'start':
      return (await start(namesIn(rest))) ? 0 : 1
    case 'stop':
      await stopServices()
      return 0
    case 'status':
      console.log(JSON.stringify(runningServices(), undefined, 2))
      return 0
    case 'exec':
      return await execute(rest)
    case 'stop-when-idle':
      await stopWhenIdle(IDLE_MS)
      return 0
    default:
      console.error(USAGE)
      return 1
  }
}

function namesIn(args: readonly string[]): readonly ServiceName[] {
  const wrong = args.filter(name => !SERVICE_NAMES.includes(name as ServiceName))
  if (wrong.length > 0) throw new Error(`no such service: ${wrong.join(', ')}\n${USAGE}`)
  return args.length > 0 ? (args as ServiceName[]) : SERVICE_NAMES
}

/** False when a service cannot run here; it says which, and what to install. */
async function start(names: readonly ServiceName[]): Promise<boolean> {
  keepServices()
  for (const name of names) install(name)
  const missing = names.flatMap(name => missingFor(name) ?? [])
  for (const reason of missing) console.error(`services: ${reason}`)
  const services = await startServices(names.filter(name => missingFor(name) === undefined))
  for (const [name, { pid }] of Object.entries(services)) {
    console.error(`services: ${name} is ready (pid ${pid})`)
  }
  return missing.length === 0
}

/**
 * Runs a command with the services there; what was running before is left running. A service that
 * does not start is for the command to complain of.
 */
async function execute([command, ...args]: readonly string[]): Promise<number> {
  if (command === undefined) throw new Error(USAGE)
  const isOurs = Object.keys(runningServices()).length === 0
  try {
    await start(SERVICE_NAMES).catch((error: Error) => console.error(`services: ${error.message}`))
    const child = spawn(command, args, { stdio: 'inherit' })
    const [code] = (await once(child, 'exit')) as [number | null]
    return code ?? 1
  } finally {
    if (isOurs) await stopServices()
  }
}
