import { timingSafeEqual } from 'node:crypto'
import { type Clock, type Identity, sha256, systemClock, TokenBucket, type Verdict } from '#core'
import type { KeyConfig } from './config.ts'

interface Key {
  readonly config: KeyConfig
  readonly hash: Buffer
  readonly identity: Identity
  readonly expiresAtMs: number
  readonly bucket: TokenBucket | undefined
}

/** A longer text is no key of ours, and need not be hashed. */
const KEY_CHARS_MAX = 1024

/** The keys that are good at the moment. Knows their hashes, never the keys. */
export class KeySet {
  readonly #clock: Clock
  readonly #now: () => number
  #byHash = new Map<string, Key>()

  /** `now` gives milliseconds since the epoch. */
  constructor(clock: Clock = systemClock, now: () => number = Date.now) {
    this.#clock = clock
    this.#now = now
  }

  get size(): number {
    return this.#byHash.size
  }

  /** Takes another list. A key whose rate stays the same has no more requests left than before. */
  replace(configs: readonly KeyConfig[]): void {
    const before = new Map([...this.#byHash.values()].map(key => [key.config.id, key]))
    const keys = configs.map(config => this.#key(config, before.get(config.id)))
    this.#byHash = new Map(keys.map(key => [key.hash.toString('hex'), key]))
  }

  /** Whose key this is. */
  verify(text: string): Verdict {
    if (text.length > KEY_CHARS_MAX) return { denied: 'invalid', detail: 'longer than any key' }
    const hash = sha256(text)
    // Finding by hash tells nothing of a key that one does not already have.
    const key = this.#byHash.get(hash.toString('hex'))
    if (key === undefined || !timingSafeEqual(key.hash, hash)) return { denied: 'invalid' }
    const { id, disabled } = key.config
    if (disabled) return { denied: 'invalid', detail: `key ${id} is disabled` }
    if (this.#now() >= key.expiresAtMs) return { denied: 'expired', detail: `key ${id}` }
    const retryAfterMs = key.bucket?.take(1) ?? 0
    if (retryAfterMs > 0) return { denied: 'rate_limited', detail: `key ${id}`, retryAfterMs }
    return key.identity
  }

  #key(config: KeyConfig, before: Key | undefined): Key {
    const { id, sha256: hex, tenant, scopes, expires, requests_per_second: rate, burst } = config
    const isSameRate = before?.config.requests_per_second === rate && before?.config.burst === burst
    return {
      config,
      hash: Buffer.from(hex, 'hex'),
      identity: { subject: id, tenant, scopes: new Set(scopes) },
      expiresAtMs: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
      bucket: isSameRate ? before?.bucket : this.#bucket(rate, burst),
    }
  }

  #bucket(rate: number | undefined, burst: number | undefined): TokenBucket | undefined {
    if (rate === undefined) return undefined
    return new TokenBucket(rate, burst ?? Math.max(1, Math.ceil(rate)), this.#clock)
  }
}
