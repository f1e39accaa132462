import type { Disturber } from '../destinations/destination.ts'
import type { Issuer } from '../issuer.ts'
import type { Arrival, Verdict } from '../judge.ts'
import type { ParsecUnderTest } from '../parsec-under-test.ts'
import type { ServiceStats } from '../service-stats.ts'

/** Straight to the destination, or from collectors through Kafka to consumers. */
export const WAYS = ['kafka'] as const
export type Way = (typeof WAYS)[number]

/** What a topology is hurt with. */
export interface FaultTools {
  /** The destination's; undefined where it has no network. */
  readonly proxy: Disturber | undefined
  /** Gets a line for each fault. */
  readonly tell: (line: string) => void
  /** Told of what cannot be done here, and why. */
  readonly skip: (what: string) => void
}

/** Who was promised what, and what has come of it so far. */
export interface Delivered {
  readonly issuer: Issuer
  readonly arrivals: () => Promise<readonly Arrival[]>
}

/** The processes that a record passes on its way from the issuer to the destination. */
export interface Topology {
  /** Where the issuer sends. */
  readonly entrance: ParsecUnderTest
  /** All that are Parsec, the entrance among them. */
  readonly parsecs: readonly ParsecUnderTest[]
  /** Ends of what is not Parsec and has been ended, such as a broker. */
  readonly restarts: number
  /** Resolves when all are ready. */
  start(): Promise<void>
  /** Does the faults of the plan that are not the destination's; all run again when it resolves. */
  hurt(tools: FaultTools): Promise<void>
  /**
   * Waits until nothing is on its way any more. Gives what each Parsec says of itself then;
   * undefined when that took too long.
   */
  drain(delivered: Delivered): Promise<readonly ServiceStats[] | undefined>
  /** Where on the way the copies and the losses of a broken promise came about; a sentence each. */
  explain(verdict: Verdict): Promise<readonly string[]>
  /** Asks everything to stop. */
  stop(): Promise<void>
  /** Leaves no process behind. */
  close(): Promise<void>
}
