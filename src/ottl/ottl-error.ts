/** A condition that cannot be understood; the message says where, in characters from 1 on. */
export class OttlError extends Error {
  override readonly name = 'OttlError'

  /** `at`: index of the character where it goes wrong, from 0 on. */
  constructor(at: number, message: string) {
    super(`at character ${at + 1}: ${message}`)
  }
}
