// Does a real SDK do what our receiver tells it? Used by test-sdk.mjs.
import { spawn } from 'node:child_process'
import { otlpReceiver } from '../dist/plugins/receivers/otlp/index.js'
import { PipelineError } from '../dist/src/index.js'
import { createTestContext } from '../dist/src/testing/index.js'

const RETRY_AFTER_MS = 1000
/** Some SDKs wait five seconds before their first retry, whatever the server says. */
const PROGRAM_TIMEOUT_MS = 60_000
const RECORDS = 2

/**
 * Runs one SDK's program twice against our OTLP receiver: the first time the pipeline refuses the
 * first request retryably (UNAVAILABLE with RetryInfo, 503 with Retry-After), the second time it
 * refuses for good (INVALID_ARGUMENT, 400). Gives one result per question. `neverRetries` is for an
 * SDK whose exporter has no retry at all: then its one try is what is expected, and said loudly.
 */
export async function testVerdicts(name, command, protocol, neverRetries) {
  const first = neverRetries ? givesUp : retries
  return [
    await attempt(`${name}, ${protocol}, told to retry`, () => first(command, protocol)),
    await attempt(`${name}, ${protocol}, told to drop`, () => drops(command, protocol)),
  ]
}

/** Fails when the SDK has learned to retry, so that the exception does not outlive its reason. */
async function givesUp(command, protocol) {
  const { tries } = await run(command, protocol, () => {
    throw PipelineError.retryable('busy', { retryAfterMs: RETRY_AFTER_MS })
  })
  if (tries.length !== 1) throw new Error(`it tried ${tries.length} times: it can retry now`)
  return "NOT RETRIED: this SDK's exporter has no retry, the records are lost there"
}

async function retries(command, protocol) {
  const busy = PipelineError.retryable('busy', { retryAfterMs: RETRY_AFTER_MS })
  const { tries, accepted, program } = await run(command, protocol, count => {
    if (count === 1) throw busy
  })
  if (tries.length < 2) throw new Error(`it did not try again: ${program}`)
  if (accepted !== RECORDS) throw new Error(`${accepted} records accepted, not ${RECORDS}`)
  const waitMs = Math.round(tries[1] - tries[0])
  const patience = waitMs < RETRY_AFTER_MS - 50 ? ', sooner than it was asked to' : ''
  return `again after ${waitMs} ms${patience}, then accepted once`
}

async function drops(command, protocol) {
  const { tries, accepted } = await run(command, protocol, () => {
    throw PipelineError.permanent('these records are not wanted')
  })
  if (tries.length !== 1) throw new Error(`${tries.length} tries, not 1`)
  if (accepted !== 0) throw new Error(`${accepted} records accepted`)
  return 'one try, nothing after it'
}

/** `judge` is given the number of the try and throws to refuse it. */
async function run(command, protocol, judge) {
  const tries = []
  let accepted = 0
  const next = {
    async consume(batch) {
      tries.push(performance.now())
      judge(tries.length)
      accepted += batch.count
    },
  }
  const config = otlpReceiver.config.parse({
    protocols: { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } },
  })
  const receiver = otlpReceiver.create(config, createTestContext('receiver', 'otlp'), next)
  await receiver.start()
  try {
    const wanted = protocol === 'grpc' ? 'grpc:' : 'http:'
    const endpoint = receiver.endpoints().find(url => url.startsWith(wanted))
    const { host } = new URL(endpoint.replace(/^grpc:/, 'http:'))
    const program = await runProgram(command, protocol, `http://${host}`)
    return { tries, accepted, program }
  } finally {
    await receiver.stop(AbortSignal.timeout(5000))
  }
}

/** Resolves with what the program said; its exit code is its SDK's own business here. */
function runProgram(command, protocol, endpoint) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PROGRAM_TIMEOUT_MS,
      env: {
        ...process.env,
        PARSEC_ENDPOINT: endpoint,
        PARSEC_PROTOCOL: protocol,
        PARSEC_COMPRESSION: 'none',
        PARSEC_RUN_ID: 'verdict',
      },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        said = (said + chunk).slice(-2000)
      })
    }
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === null) resolve(`exit ${code}: ${said.trim()}`)
      else reject(new Error(`the program was stopped after ${PROGRAM_TIMEOUT_MS} ms: ${said}`))
    })
  })
}

async function attempt(title, question) {
  try {
    return { title, outcome: 'passed', detail: await question() }
  } catch (error) {
    return { title, outcome: 'FAILED', detail: error.message }
  }
}
