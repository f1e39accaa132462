import type { Http2Server, ServerHttp2Session } from 'node:http2'
import type { Server } from '@grpc/grpc-js'
import type { Logger } from 'pino'

/** What one client may send before it must wait for us; also the most we buffer for it. */
const CONNECTION_WINDOW_BYTES = 16 * 1024 ** 2
const STREAM_WINDOW_BYTES = 4 * 1024 ** 2

/**
 * Widens HTTP/2 flow control for uploads. A client may send only 65,535 bytes per connection until
 * the server allows more, which makes every large request wait for round trips: with a wide window
 * the server needs half the CPU a request. grpc-js has no option for it (`flow_control_window` is
 * for clients), so this reaches for its HTTP/2 servers. Should a later version hide them, the
 * windows stay narrow and one debug line says so.
 */
export function widenWindows(server: Server, logger: Logger): void {
  const { http2Servers } = server as unknown as { http2Servers?: unknown }
  if (!(http2Servers instanceof Map) || http2Servers.size === 0) {
    logger.debug('grpc-js does not show its HTTP/2 servers: flow-control windows stay narrow')
    return
  }
  for (const http2Server of http2Servers.keys() as Iterable<Http2Server>) {
    http2Server.updateSettings({ initialWindowSize: STREAM_WINDOW_BYTES })
    http2Server.on('session', (session: ServerHttp2Session) => {
      session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
    })
  }
}
