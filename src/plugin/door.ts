import type { PipelineError } from './pipeline-error.ts'

/**
 * Asked before a request is read, and again for each piece of it that arrives. `bytes` is what it
 * brings into memory, 0 before its first byte. Undefined = let it in, otherwise what the sender is
 * told.
 */
export type DoorGuard = (bytes: number) => PipelineError | undefined

interface Guarded {
  /** The component that guards: `extension memory_limiter`. */
  readonly label: string
  readonly guard: DoorGuard
}

/**
 * The way into the process. Whoever knows that nothing more may come in (a memory limiter) stands
 * guard here, and every receiver asks before it reads a request: a refusal then costs a few bytes,
 * not the memory and the time of a body that is thrown away.
 */
export class Door {
  readonly #guards = new Set<Guarded>()
  readonly #servers = new Map<string, () => object>()

  /** Gives the function that ends the watch. `label` is kind and id of the component. */
  addGuard(label: string, guard: DoorGuard): () => void {
    const guarded = { label, guard }
    this.#guards.add(guarded)
    return () => void this.#guards.delete(guarded)
  }

  /** Is this component standing guard? */
  isGuardedBy(label: string): boolean {
    return [...this.#guards].some(guarded => guarded.label === label)
  }

  /** The first refusal of a guard, if there is one. */
  ask(bytes: number): PipelineError | undefined {
    for (const { guard } of this.#guards) {
      const refusal = guard(bytes)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }

  /** For `/stats`: `stats` tells what the server `key` holds. Gives the function that ends it. */
  addServer(key: string, stats: () => object): () => void {
    this.#servers.set(key, stats)
    return () => {
      if (this.#servers.get(key) === stats) this.#servers.delete(key)
    }
  }

  /** Who refuses at this moment, and what every server holds. */
  stats(): { readonly refusing: Record<string, string>; readonly servers: Record<string, object> } {
    const refusing: Record<string, string> = {}
    for (const { label, guard } of this.#guards) {
      const refusal = guard(0)
      if (refusal !== undefined) refusing[label] = refusal.message
    }
    const servers = [...this.#servers].map(([key, stats]) => [key, stats()] as const)
    return { refusing, servers: Object.fromEntries(servers) }
  }
}
