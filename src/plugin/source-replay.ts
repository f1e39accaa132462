/*
 * Feeding a part of what a receiver has read, or could read, through its pipelines again: the
 * contract between `parsec replay` and receivers whose source keeps what was read.
 */

/** Where a replay begins or ends: a position of the source, or a time. */
export type ReplayPoint = { readonly offset: number } | { readonly timeMs: number }

export interface ReplayRequest {
  readonly topic: string
  /** Absent: all of them. */
  readonly partitions?: readonly number[] | undefined
  readonly from: ReplayPoint
  /** Not included. */
  readonly to: ReplayPoint
  /** Part of the identity of every batch: a store takes what it has under another name once more. */
  readonly name: string
}

/** What is to be replayed of one partition. */
export interface ReplayRange {
  readonly partition: number
  readonly from: number
  /** Not included. */
  readonly to: number
  /** What of the request it cannot be, such as older messages that are gone. */
  readonly note?: string
}

/** What has become of the messages of a replay so far. */
export interface ReplayCounts {
  readonly messages: number
  /** Log records that the pipelines have accepted. */
  readonly records: number
  /** Messages set aside as the config of the receiver says. */
  readonly deadLettered: number
  /** Messages or records that were given up as the config of the receiver says. */
  readonly dropped: number
}

/** One batch is safe with the next stage. */
export interface ReplayStep {
  readonly partition: number
  /** All before this offset are done. */
  readonly done: number
  /** Since `run` was called. */
  readonly counts: ReplayCounts
}

export interface ReplayListener {
  /** Called after every batch; the next one waits for it. */
  readonly onStep: (step: ReplayStep) => Promise<void>
  /** Something makes the replay wait; undefined: no longer. */
  readonly onTrouble: (detail: string | undefined) => void
}

/**
 * One replay. Batches MUST have the same identity whenever the same range is replayed under the same
 * name, and an identity that normal operation never gives.
 */
export interface SourceReplay {
  /** Names the source, such as the id of a cluster: a replay goes on only where it began. */
  source(): Promise<string>
  /**
   * What the request comes to, by partition. Rejects with PipelineError when the source does not have
   * it, or not any more.
   */
  plan(): Promise<readonly ReplayRange[]>
  /**
   * Replays the ranges, in order. Resolves when all of it is safe with the next stage; rejects with
   * PipelineError when the signal aborts, or for a message that can never be processed.
   */
  run(ranges: readonly ReplayRange[], listener: ReplayListener, signal: AbortSignal): Promise<void>
  /** Closes what it has opened. */
  close(): Promise<void>
}
