import { decodeLogs } from '../src/otlp/decode-logs.ts'
import { CORPUS, corpus } from './corpus.ts'

/** One thing to time: `run` handles `records` records each time it is called. */
export interface Case {
  readonly name: string
  readonly records: number
  readonly run: () => unknown
}

const body = corpus(CORPUS.logs1000)
const context = { requestId: 'bench' }

export const decodeCases: readonly Case[] = [
  {
    name: 'decode: columns over the bytes',
    records: 1000,
    run: () => decodeLogs(body, context),
  },
]
