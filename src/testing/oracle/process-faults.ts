import { setTimeout as sleep } from 'node:timers/promises'
import type { ParsecUnderTest } from './parsec-under-test.ts'
import type { ProcessFault } from './plan.ts'
import type { QueueDisk } from './queue-disk.ts'
import type { FaultTools } from './topologies/topology.ts'

/** Does the faults to one Parsec and its queue's disk, one after the other; it runs again then. */
export async function hurtParsec(
  faults: readonly ProcessFault[],
  parsec: ParsecUnderTest,
  disk: QueueDisk,
  tools: FaultTools,
): Promise<void> {
  for (const fault of faults) {
    tools.tell(JSON.stringify(fault))
    await hurt(fault, parsec, disk, tools)
  }
  await settled(parsec)
}

async function hurt(
  fault: ProcessFault,
  parsec: ParsecUnderTest,
  disk: QueueDisk,
  { proxy, tell, skip }: FaultTools,
): Promise<void> {
  if (fault.kind !== 'kill' || fault.from === 'ready') await settled(parsec)
  // Damage shows only in what has not been sent yet.
  if (fault.kind === 'corrupt') proxy?.hold(true)
  await sleep(fault.afterMs)
  switch (fault.kind) {
    case 'kill':
      await parsec.kill()
      await sleep(fault.downMs)
      parsec.spawn()
      return
    case 'kill-worker':
      await parsec.killWorker(fault.worker)
      return
    case 'stop':
      parsec.suspend()
      await sleep(fault.forMs)
      parsec.resume()
      return
    case 'clock':
      parsec.moveClock(fault.byMs)
      return
    case 'disk-full':
      if (!disk.canFill)
        return skip(
          `disk-full: ${disk.isUsed ? 'a small disk needs root on Linux' : 'there is no queue on disk'}`,
        )
      await disk.fill(fault.leftBytes)
      await sleep(fault.forMs)
      if (fault.kill) await parsec.kill()
      await disk.free()
      if (fault.kill) parsec.spawn()
      return
    case 'corrupt':
      await parsec.kill()
      if (disk.isUsed) tell((await disk.damage(fault)) ?? 'the queue has no file to damage')
      else skip('corrupt: there is no queue on disk')
      proxy?.hold(false)
      parsec.spawn()
  }
}

/**
 * Waits for the start under way. A Parsec that has died by itself is a crash, which the verdict
 * tells; it is started again as an init system would, so that its records can be judged.
 */
export async function settled(parsec: ParsecUnderTest): Promise<void> {
  await parsec.ready().catch(() => undefined)
  if (parsec.running !== undefined) return
  parsec.spawn()
  await parsec.ready().catch(() => undefined)
}
