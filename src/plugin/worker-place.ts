/** Which of several processes this one is that run the same config behind the same ports. */
export interface WorkerPlace {
  /** From 0; a process that is started in another's place has the same. */
  readonly index: number
  readonly count: number
}
