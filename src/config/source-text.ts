/** Offsets into the text of a source, end exclusive. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Where a value was written. */
export interface Place extends Range {
  readonly source: SourceText
}

/** One text that config was read from, with its lines and the parts that must not be shown. */
export class SourceText {
  /** As the user knows it: a path, `env:NAME`, `--set a::b`. */
  readonly name: string
  readonly text: string
  /** False for what has no lines a user could open, such as `--set`. */
  readonly hasLines: boolean
  readonly secrets: Range[] = []
  readonly #lineStarts: readonly number[]

  constructor(name: string, text: string, hasLines = true) {
    this.name = name
    this.text = text
    this.hasLines = hasLines
    const starts = [0]
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#lineStarts = starts
  }

  /** The place of the whole first line, for complaints about the source as such. */
  get top(): Place {
    return this.place(0, 0)
  }

  place(start: number, end: number): Place {
    return { source: this, start, end: Math.max(start, end) }
  }

  /** Line and column, both from 1; columns count UTF-16 units. */
  position(offset: number): { line: number; column: number } {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineStarts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! + 1 }
  }

  /** The range of a line (from 1) without its line break. */
  lineRange(line: number): Range {
    const start = this.#lineStarts[line - 1]!
    const next = this.#lineStarts[line]
    let end = next === undefined ? this.text.length : next - 1
    if (end > start && this.text[end - 1] === '\r') end--
    return { start, end }
  }
}
