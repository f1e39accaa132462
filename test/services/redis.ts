import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePorts, startProcess } from './process.ts'

export interface RedisAddress {
  /** For any Redis client: `redis://127.0.0.1:port`. */
  readonly url: string
}

/** A Redis server that keeps nothing on disk but its log. */
export async function startRedis(folder: string): Promise<RedisAddress & { pid: number }> {
  mkdirSync(folder, { recursive: true })
  const [port] = await freePorts(1)
  const pid = await startProcess({
    name: 'redis',
    command: 'redis-server',
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    logFile: join(folder, 'redis.log'),
    check: () => ping(port!),
  })
  return { url: `redis://127.0.0.1:${port}`, pid }
}

async function ping(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('data', (answer: Buffer) => {
      socket.destroy()
      if (answer.toString().startsWith('+PONG')) resolve()
      else reject(new Error(answer.toString()))
    })
  })
}
