import { createHmac, randomBytes } from 'node:crypto'
import type { Verdict } from '#core'
import type { Users } from './htpasswd.ts'
import { isPassword, isSlow } from './password-hash.ts'

/** A password that was right is right for so long without another look. */
const REMEMBERED_MS = 5 * 60_000
const REMEMBERED_MAX = 1000
/** Checks of slow hashes at a time; they share the one core with everything else. */
const CHECKS_MAX = 8

/**
 * Checks user names and passwords. Slow hashes, which are slow on purpose, are computed once for a
 * sender and not for each of its requests; of the passwords only keyed hashes are remembered.
 */
export class UserCheck {
  readonly #now: () => number
  readonly #secret = randomBytes(32)
  /** Keyed hash of user and password -> until when it counts; in the order of entry. */
  readonly #right = new Map<string, number>()
  #users: Users = new Map()
  #checks = 0

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Takes other users; what was right before must be shown anew. */
  replace(users: Users): void {
    this.#users = users
    this.#right.clear()
  }

  /** `true` = the right password of a known user. */
  async check(user: string, password: string): Promise<boolean | Verdict> {
    const known = this.#users.get(user)
    // For an unknown user the work is the same, so that time does not tell who there is.
    const entry = known ?? this.#users.values().next().value ?? ''
    if (!isSlow(entry)) return (await isPassword(password, entry)) && known !== undefined
    const key = createHmac('sha256', this.#secret).update(`${user}\0${password}`).digest('hex')
    const untilMs = this.#right.get(key)
    if (untilMs !== undefined && this.#now() < untilMs) return true
    if (this.#checks >= CHECKS_MAX) {
      return { denied: 'unavailable', detail: `${CHECKS_MAX} checks of passwords are under way` }
    }
    this.#checks++
    try {
      const isRight = (await isPassword(password, entry)) && known !== undefined
      // The users may have been replaced meanwhile.
      if (isRight && this.#users.get(user) === entry) this.#remember(key)
      return isRight
    } finally {
      this.#checks--
    }
  }

  #remember(key: string): void {
    this.#right.delete(key)
    this.#right.set(key, this.#now() + REMEMBERED_MS)
    if (this.#right.size > REMEMBERED_MAX) this.#right.delete(this.#right.keys().next().value!)
  }
}
