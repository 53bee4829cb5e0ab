/** The peer network across a port: the node lives in a window (only windows have WebRTC), the core in a worker. */
export { connectPeerNetwork } from './remote-client.ts'
export { servePeerNetwork } from './remote-server.ts'
export type { NetworkPort } from './remote-messages.ts'
