/** Who sent a request, as an authenticator has found. Holds no secret. */
export interface Identity {
  /** Names the sender in log lines. */
  readonly subject: string
  /** Whose records these are, when senders share one Parsec. */
  readonly tenant?: string | undefined
  /** What the sender may do; absent = everything. */
  readonly scopes?: ReadonlySet<string> | undefined
  /** More about the sender, for `from_context: auth.NAME`. */
  readonly claims?: ReadonlyMap<string, string> | undefined
}
