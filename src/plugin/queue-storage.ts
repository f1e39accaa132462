/** What an extension offers to sending queues that name it as their `storage`. */
export interface QueueStorage {
  /** In it, every exporter gets a directory of its own. */
  readonly directory: string
  /** false: acknowledge what the disk may still lose in a power cut. */
  readonly fsync: boolean
}
