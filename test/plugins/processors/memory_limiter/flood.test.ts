import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { buildLogsRequest } from '#core'

const LIMIT_MIB = 384
/**
 * What 16 senders may have on the way at once, many times over: how late a collection frees it
 * differs by 70 MiB between the Node versions.
 */
const SPIKE_MIB = 160
const MIB = 1024 ** 2
/** It goes on until it has been refused, however slow the machine is. */
const FLOOD_MS = 6000
const FLOOD_MS_MAX = 40_000
const SENDERS = 16

const script = fileURLToPath(new URL('../../../helpers/flood-child.js', import.meta.url))

test('a process that is flooded refuses, stays under its limit, and takes data again', async t => {
  const child = spawn(process.execPath, [script, String(LIMIT_MIB), String(SPIKE_MIB)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  const url = `http://127.0.0.1:${port.toString().trim()}/`
  const body = buildLogsRequest([{ records: [{ body: 'x'.repeat(MIB) }] }])
  const seen = new Map<number, number>()
  const waits = new Set<string | null>()
  const send = async (): Promise<number> => {
    const { status, headers } = await fetch(url, { method: 'POST', body })
    seen.set(status, (seen.get(status) ?? 0) + 1)
    if (status === 503) waits.add(headers.get('retry-after'))
    return status
  }
  const started = Date.now()
  const isOver = (): boolean => {
    const ms = Date.now() - started
    return ms > FLOOD_MS_MAX || (ms > FLOOD_MS && seen.has(503))
  }
  const flood = async (): Promise<void> => {
    while (!isOver()) await send()
  }
  await Promise.all(Array.from({ length: SENDERS }, flood))

  t.log(`answers: ${JSON.stringify([...seen])}`)
  t.deepEqual(new Set(seen.keys()), new Set([200, 503]))
  for (const wait of waits) t.true(Number(wait) >= 1 && Number(wait) <= 30, String(wait))
  const rssMaxMib = Number(await (await fetch(url)).text()) / MIB
  t.log(`largest resident size: ${Math.round(rssMaxMib)} MiB`)
  t.true(rssMaxMib < LIMIT_MIB, `${rssMaxMib} MiB, limit ${LIMIT_MIB} MiB`)

  const patience = Date.now() + 60_000
  while ((await send()) !== 200) {
    if (Date.now() > patience) throw new Error('still refusing 60 s after the flood')
    await sleep(100)
  }
  t.is(child.exitCode, null)
})
