import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationFault, RunPlan } from './plan.ts'
import type { FaultTools, Topology } from './topologies/topology.ts'

/** The load goes on for this long after the last fault. */
const CALM_MS = 200

/**
 * Does everything of the plan: faults of the processes, and those of the destination beside them.
 * All is well again when it resolves.
 */
export async function runFaults(
  { destinationFaults }: Pick<RunPlan, 'destinationFaults'>,
  topology: Topology,
  tools: FaultTools,
): Promise<void> {
  let isOver = false
  const disturbed = disturb(destinationFaults, tools, () => isOver)
  try {
    await topology.hurt(tools)
  } finally {
    isOver = true
    await disturbed
  }
  await sleep(CALM_MS)
}

/** All of them once, and again from the first for as long as the process is being hurt. */
async function disturb(
  faults: readonly DestinationFault[],
  { proxy, tell, skip }: FaultTools,
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
