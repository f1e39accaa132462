import type { Socket } from 'node:net'
import { clientName } from './client-name.ts'

/*
 * An AbortController costs microseconds, as much as a good part of a small request. So requests of
 * one connection share one, and it is renewed now and then, so that whatever holds on to an old
 * signal by mistake cannot hold the connection's whole past.
 */

const USES_MAX = 64

interface State {
  controller: AbortController
  uses: number
  readonly address: string
  readonly client: string
}

const states = new WeakMap<Socket, State>()

/** A signal that aborts when the connection closes. */
export function connectionSignal(socket: Socket): AbortSignal {
  const state = stateOf(socket)
  if (state.uses++ >= USES_MAX && !state.controller.signal.aborted) {
    state.controller = new AbortController()
    state.uses = 1
  }
  return state.controller.signal
}

/** `address:port` of the peer; `unix` for a peer without one. */
export function peerAddress(socket: Socket): string {
  return stateOf(socket).address
}

/** What all connections of one client have in common. */
export function peerClient(socket: Socket): string {
  return stateOf(socket).client
}

function stateOf(socket: Socket): State {
  const known = states.get(socket)
  if (known !== undefined) return known
  const controller = new AbortController()
  const client = clientName(socket.remoteAddress)
  const state = { controller, uses: 0, address: addressOf(socket), client }
  states.set(socket, state)
  if (socket.destroyed) controller.abort()
  else socket.once('close', () => state.controller.abort())
  return state
}

function addressOf({ remoteAddress: address, remotePort: port }: Socket): string {
  if (address === undefined) return 'unix'
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
