/** Chord's message catalogue; docs/PROTOCOLS.md describes who sends what and when. */
import { NUMBER_BYTES, numberField } from '../wire-format.ts';
import type { NodeIndex } from '../overlay.ts';
import type { Answer, Request } from '../rpc.ts';
import type { Envelope, MessageSpec } from '../transport.ts';

export interface StabiliseAnswer extends Answer {
  /** −1 where none is known. */
  readonly predecessor: NodeIndex;
  readonly successors: readonly NodeIndex[];
}

export interface Leave extends Envelope {
  readonly predecessor: NodeIndex;
  readonly successors: readonly NodeIndex[];
}

const optional = (node: NodeIndex): number => (node < 0 ? 0 : 1);

export const STABILISE: MessageSpec<Request> = {
  name: 'chord.stabilise',
  fields: (m) => [numberField(m.rpc)],
  fieldsBytes: () => NUMBER_BYTES,
};

export const STABILISE_ANSWER: MessageSpec<StabiliseAnswer> = {
  name: 'chord.stabilise.answer',
  fields: (m, d) => [numberField(m.rpc), d.contacts(m.predecessor < 0 ? [] : [m.predecessor]), d.contacts(m.successors)],
  fieldsBytes: (m, d) => NUMBER_BYTES + d.contactsBytes(optional(m.predecessor)) + d.contactsBytes(m.successors.length),
};

export const NOTIFY: MessageSpec<Envelope> = {
  name: 'chord.notify',
  fields: () => [],
  fieldsBytes: () => 0,
};

/** "I lie between you and your successor": from a node that finds itself in another ring than its predecessor-to-be. */
export const CANDIDATE: MessageSpec<Envelope> = {
  name: 'chord.candidate',
  fields: () => [],
  fieldsBytes: () => 0,
};

export const PING: MessageSpec<Request> = {
  name: 'chord.ping',
  fields: (m) => [numberField(m.rpc)],
  fieldsBytes: () => NUMBER_BYTES,
};

export const PONG: MessageSpec<Answer> = {
  name: 'chord.pong',
  fields: (m) => [numberField(m.rpc)],
  fieldsBytes: () => NUMBER_BYTES,
};

export const LEAVE_NOTICE: MessageSpec<Leave> = {
  name: 'chord.leave',
  fields: (m, d) => [d.contacts(m.predecessor < 0 ? [] : [m.predecessor]), d.contacts(m.successors)],
  fieldsBytes: (m, d) => d.contactsBytes(optional(m.predecessor)) + d.contactsBytes(m.successors.length),
};
