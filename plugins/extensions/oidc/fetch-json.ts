import { Agent, fetch } from 'undici'

const TIMEOUT_MS = 5000
const BODY_BYTES_MAX = 1024 * 1024

/**
 * Fetches a JSON document from an issuer: at most 1 MiB, within 5 s, without following redirects to
 * who knows where. `ca` is PEM; undefined = the authorities Node trusts.
 * @throws an Error that names the URL.
 */
export async function fetchJson(url: string, ca: string | undefined): Promise<unknown> {
  const dispatcher = ca === undefined ? undefined : new Agent({ connect: { ca } })
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(dispatcher === undefined ? {} : { dispatcher }),
    })
    if (response.status !== 200) throw new Error(`answered HTTP ${response.status}`)
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body ?? []) {
      size += (chunk as Uint8Array).length
      if (size > BODY_BYTES_MAX) throw new Error(`answered more than ${BODY_BYTES_MAX} bytes`)
      chunks.push(chunk as Uint8Array)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch (cause) {
    const { message, cause: reason } = cause as Error
    const why = reason instanceof Error ? `${message}: ${reason.message}` : message
    throw new Error(`${url}: ${why}`, { cause })
  } finally {
    await dispatcher?.close()
  }
}
