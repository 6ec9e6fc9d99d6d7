import type { HostId } from './topology.ts';

/**
 * Bytes that transport adds to a control message on an established connection, by default: IPv4 header 20 (RFC 791), TCP header 20
 * (RFC 9293) with timestamps option padded to 12 (RFC 7323), TLS 1.3 record header 5, inner content type 1 and AES-GCM tag 16
 * (RFC 8446, section 5.2). Link-layer framing is left out, as link capacities are those of IP; so are acknowledgements.
 * Other transports: UDP over IPv4 28; UDP over IPv6 48.
 */
export const TCP_TLS_HEADER_BYTES = 74;

/** A kind of control message: made by `Network.messageType`, registered once, sent often. */
export interface MessageType<M> {
  readonly name: string;
  /** Position in the network's table. */
  readonly id: number;
  /** Bytes on the wire: the encoded message and the header. */
  readonly sizeBytes: (message: M) => number;
}

/** What a message type does on delivery. */
export type MessageHandler<M> = (to: HostId, from: HostId, message: M) => void;

/** Why a message was not delivered. */
export type DropReason = 'sender-down' | 'receiver-down' | 'partition' | 'link-down' | 'loss';

/** Counters of one message type since the start; sent = delivered + dropped + in flight, in messages and in bytes. */
export interface MessageCounts {
  sent: number;
  delivered: number;
  dropped: number;
  sentBytes: number;
  deliveredBytes: number;
  droppedBytes: number;
}
