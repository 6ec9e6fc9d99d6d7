/** Kademlia's message catalogue; docs/PROTOCOLS.md describes who sends what and when. */
import type { Id } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';
import type { Answer, Request } from '../rpc.ts';
import type { Envelope, MessageSpec } from '../transport.ts';
import { NUMBER_BYTES, numberField } from '../wire-format.ts';
import type { StoredValue } from './values.ts';

/** FIND_NODE, and FIND_VALUE where `value` is asked for. */
export interface FindRequest extends Request {
  readonly key: Id;
  readonly value: boolean;
}

export interface FindAnswer extends Answer {
  /** The k closest contacts known; nobody where the value itself is the answer. */
  readonly contacts: readonly NodeIndex[];
  readonly value: StoredValue | undefined;
}

export interface StoreRequest extends Request {
  readonly key: Id;
  readonly value: StoredValue;
  /** Seconds until the value expires, from now. */
  readonly lifetimeNs: number;
}

/** A msgpack byte string of the value. */
const valueBytes = (value: StoredValue): number => binBytes(value.sizeBytes);

function binBytes(length: number): number {
  return (length < 256 ? 2 : length < 65536 ? 3 : 5) + length;
}

export const PING: MessageSpec<Request> = {
  name: 'kademlia.ping',
  fields: (m) => [numberField(m.rpc)],
  fieldsBytes: () => NUMBER_BYTES,
};

export const PONG: MessageSpec<Answer> = {
  name: 'kademlia.pong',
  fields: (m) => [numberField(m.rpc)],
  fieldsBytes: () => NUMBER_BYTES,
};

export const FIND: MessageSpec<FindRequest> = {
  name: 'kademlia.find',
  fields: (m, w) => [numberField(m.rpc), w.id(m.key), m.value],
  fieldsBytes: (_, w) => NUMBER_BYTES + w.idBytes + 1,
};

export const FIND_ANSWER: MessageSpec<FindAnswer> = {
  name: 'kademlia.find.answer',
  fields: (m, w) => [numberField(m.rpc), m.value === undefined ? null : new Uint8Array(m.value.sizeBytes), w.contacts(m.contacts)],
  fieldsBytes: (m, w) => NUMBER_BYTES + (m.value === undefined ? 1 : valueBytes(m.value)) + w.contactsBytes(m.contacts.length),
};

export const STORE: MessageSpec<StoreRequest> = {
  name: 'kademlia.store',
  fields: (m, w) => [numberField(m.rpc), w.id(m.key), numberField(Math.round(m.lifetimeNs / 1e9)), new Uint8Array(m.value.sizeBytes)],
  fieldsBytes: (m, w) => 2 * NUMBER_BYTES + w.idBytes + valueBytes(m.value),
};

export const STORED: MessageSpec<Answer> = {
  name: 'kademlia.stored',
  fields: (m) => [numberField(m.rpc)],
  fieldsBytes: () => NUMBER_BYTES,
};

export const LEAVE_NOTICE: MessageSpec<Envelope> = {
  name: 'kademlia.leave',
  fields: () => [],
  fieldsBytes: () => 0,
};
