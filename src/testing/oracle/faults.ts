import { setTimeout as sleep } from 'node:timers/promises'
import type { Disturber } from './destinations/destination.ts'
import type { ParsecUnderTest } from './parsec-under-test.ts'
import type { DestinationFault, ProcessFault, RunPlan } from './plan.ts'
import type { QueueDisk } from './queue-disk.ts'

/** What the faults are done to. */
export interface FaultTargets {
  readonly parsec: ParsecUnderTest
  readonly disk: QueueDisk
  readonly proxy: Disturber | undefined
  /** Gets a line for each fault. */
  readonly tell: (line: string) => void
  /** Told of what cannot be done here, and why. */
  readonly skip: (what: string) => void
}

/** The load goes on for this long after the last fault. */
const CALM_MS = 200

/**
 * Does everything of the plan: faults of the process one after the other, those of the destination
 * beside them. All is well again when it resolves.
 */
export async function runFaults(plan: RunPlan, targets: FaultTargets): Promise<void> {
  let isOver = false
  const disturbed = disturb(plan.destinationFaults, targets, () => isOver)
  for (const fault of plan.processFaults) {
    targets.tell(JSON.stringify(fault))
    await hurt(fault, targets)
  }
  isOver = true
  await disturbed
  await settled(targets.parsec)
  await sleep(CALM_MS)
}

/** All of them once, and again from the first for as long as the process is being hurt. */
async function disturb(
  faults: readonly DestinationFault[],
  { proxy, tell, skip }: FaultTargets,
  isOver: () => boolean,
): Promise<void> {
  if (proxy === undefined) {
    const kinds = [...new Set(faults.map(({ kind }) => kind))]
    if (kinds.length > 0) skip(`${kinds.join(', ')}: this destination has no network`)
    return
  }
  if (faults.length === 0) return
  for (let round = 1; round === 1 || !isOver(); round++) {
    for (const fault of faults) {
      if (round > 1 && isOver()) return
      await sleep(fault.pauseMs)
      tell(JSON.stringify(fault))
      proxy.set(fault)
      await sleep(fault.forMs)
      proxy.set(undefined)
    }
  }
}

async function hurt(fault: ProcessFault, targets: FaultTargets): Promise<void> {
  const { parsec, disk, proxy, tell, skip } = targets
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
async function settled(parsec: ParsecUnderTest): Promise<void> {
  await parsec.ready().catch(() => undefined)
  if (parsec.running !== undefined) return
  parsec.spawn()
  await parsec.ready().catch(() => undefined)
}
