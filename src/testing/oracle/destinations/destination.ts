import type { Arrival } from '../judge.ts'
import type { DestinationFault } from '../plan.ts'

/** Stands between Parsec and the destination, and misbehaves as told. */
export interface Disturber {
  /** Requests that something was done to. */
  readonly disturbed: number
  /** Begins with this fault; undefined: all is well again. */
  set(fault: DestinationFault | undefined): void
  /** true: down, whatever else is going on. */
  hold(isHeld: boolean): void
}

/** Where the records of one run end. */
export interface Destination {
  /** The exporter's type, and its keys beside those of the export chain. */
  readonly exporter: { readonly type: string; readonly keys: Readonly<Record<string, unknown>> }
  /** Does Parsec promise that a record is stored there once? */
  readonly exactlyOnce: boolean
  /** Undefined for a destination inside Parsec, which has no network to disturb. */
  readonly proxy: Disturber | undefined
  /** What it must have for this number, in the form of `Arrival.content`. */
  readonly expected: (number: number) => string
  /** Everything it has, when Parsec has ended. `configFile` is Parsec's. */
  arrivals(configFile: string): Promise<readonly Arrival[]>
  close(): Promise<void>
}

export const DESTINATIONS = ['embedded', 'clickhouse', 'postgres', 'otlp'] as const
export type DestinationName = (typeof DESTINATIONS)[number]
