/** Pastry's message catalogue, lookups apart (walk/messages.ts); docs/PROTOCOLS.md describes who sends what and when. */
import type { NodeIndex } from '../overlay.ts';
import type { Answer, Request } from '../rpc.ts';
import type { Envelope, MessageSpec } from '../transport.ts';
import { NUMBER_BYTES, numberField } from '../wire-format.ts';

/** "I join": routed towards the newcomer's own identifier; every node on the way sends it state. */
export interface JoinRequest extends Request {
  readonly origin: NodeIndex;
  /** First row that the newcomer still lacks. */
  readonly row: number;
  readonly hops: number;
}

/** Peers that the receiver may put in its tables. */
export interface Peers extends Envelope {
  readonly peers: readonly NodeIndex[];
}

/** State for a newcomer. */
export interface JoinState extends Peers {
  /** From the node closest to the newcomer: its leaf set, which completes the join. */
  readonly leaves: readonly NodeIndex[];
  readonly final: boolean;
}

export interface PeersRequest extends Request {
  readonly peers: readonly NodeIndex[];
}

export interface PeersAnswer extends Answer {
  readonly peers: readonly NodeIndex[];
}

export interface RowRequest extends Request {
  readonly row: number;
}

/** Fields of one number and nothing else. */
const plain = <M extends Answer | Request>(name: string): MessageSpec<M> => ({
  name,
  fields: (m) => [numberField(m.rpc)],
  fieldsBytes: () => NUMBER_BYTES,
});

export const JOIN_REQUEST: MessageSpec<JoinRequest> = {
  name: 'pastry.join',
  fields: (m, w) => [numberField(m.rpc), w.contact(m.origin), numberField(m.row), numberField(m.hops)],
  fieldsBytes: (_, w) => 3 * NUMBER_BYTES + w.contactBytes,
};

export const JOIN_ACK: MessageSpec<Answer> = plain('pastry.join.ack');

export const JOIN_STATE: MessageSpec<JoinState> = {
  name: 'pastry.join.state',
  fields: (m, w) => [w.contacts(m.peers), w.contacts(m.leaves), m.final],
  fieldsBytes: (m, w) => w.contactsBytes(m.peers.length) + w.contactsBytes(m.leaves.length) + 1,
};

export const ANNOUNCE: MessageSpec<Peers> = {
  name: 'pastry.announce',
  fields: (m, w) => [w.contacts(m.peers)],
  fieldsBytes: (m, w) => w.contactsBytes(m.peers.length),
};

export const LEAVES: MessageSpec<PeersRequest> = {
  name: 'pastry.leaves',
  fields: (m, w) => [numberField(m.rpc), w.contacts(m.peers)],
  fieldsBytes: (m, w) => NUMBER_BYTES + w.contactsBytes(m.peers.length),
};

const peersAnswer = (name: string): MessageSpec<PeersAnswer> => ({
  name,
  fields: (m, w) => [numberField(m.rpc), w.contacts(m.peers)],
  fieldsBytes: (m, w) => NUMBER_BYTES + w.contactsBytes(m.peers.length),
});

export const LEAVES_ANSWER = peersAnswer('pastry.leaves.answer');

export const ROW: MessageSpec<RowRequest> = {
  name: 'pastry.row',
  fields: (m) => [numberField(m.rpc), numberField(m.row)],
  fieldsBytes: () => 2 * NUMBER_BYTES,
};

export const ROW_ANSWER = peersAnswer('pastry.row.answer');

export const STATE: MessageSpec<Request> = plain('pastry.state');

export const STATE_ANSWER = peersAnswer('pastry.state.answer');

export const PING: MessageSpec<Request> = plain('pastry.ping');

export const PONG: MessageSpec<Answer> = plain('pastry.pong');

export const LEAVE_NOTICE: MessageSpec<Peers> = {
  name: 'pastry.leave',
  fields: (m, w) => [w.contacts(m.peers)],
  fieldsBytes: (m, w) => w.contactsBytes(m.peers.length),
};
