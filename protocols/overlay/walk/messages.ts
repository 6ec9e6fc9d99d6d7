/** Messages of hop-by-hop lookups, alike for every protocol that routes greedily; docs/PROTOCOLS.md describes who sends what and when. */
import type { Id } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';
import type { Answer, Request } from '../rpc.ts';
import type { Envelope, MessageSpec } from '../transport.ts';
import { NUMBER_BYTES, numberField } from '../wire-format.ts';

/** Iterative lookup: "where next for this key?" */
export interface StepRequest extends Request {
  readonly key: Id;
  /** Peers that the asker found dead at this node's suggestion. */
  readonly exclude: readonly NodeIndex[];
}

export interface StepAnswer extends Answer {
  /** True: `contacts` are the owner and its followers. False: the next hop, or nobody. */
  readonly done: boolean;
  readonly contacts: readonly NodeIndex[];
  /** For the experiment's counts only; not on the wire. */
  readonly passedOver: number;
}

/** "Are you the owner of this key?" */
export interface ConfirmRequest extends Request {
  readonly key: Id;
}

export interface ConfirmAnswer extends Answer {
  /** A peer that is nearer to owning the key; −1 where the node is the owner. */
  readonly redirect: NodeIndex;
  /** The node itself and its followers. */
  readonly contacts: readonly NodeIndex[];
}

/** Recursive lookup: the query itself, passed from node to node. */
export interface RouteRequest extends Request {
  readonly lookup: number;
  readonly origin: NodeIndex;
  readonly key: Id;
  readonly hops: number;
  /** Addressed to the presumed owner (WalkOptions.confirmOwner). */
  readonly final: boolean;
  /** For the experiment's counts only; not on the wire. */
  readonly redirects: number;
  readonly timeouts: number;
  readonly deadEntries: number;
  readonly messages: number;
}

/** The result of a recursive lookup, straight to its initiator. */
export interface Found extends Envelope {
  readonly lookup: number;
  readonly hops: number;
  /** Owner and followers; nobody where the way ended. */
  readonly contacts: readonly NodeIndex[];
  /** For the experiment's counts only; not on the wire. */
  readonly redirects: number;
  readonly timeouts: number;
  readonly deadEntries: number;
  readonly messages: number;
}

/** Names carry the protocol: types of one network are told apart by name. */
export interface WalkMessages {
  readonly step: MessageSpec<StepRequest>;
  readonly stepAnswer: MessageSpec<StepAnswer>;
  readonly confirm: MessageSpec<ConfirmRequest>;
  readonly confirmAnswer: MessageSpec<ConfirmAnswer>;
  readonly route: MessageSpec<RouteRequest>;
  readonly routeAck: MessageSpec<Answer>;
  readonly found: MessageSpec<Found>;
}

export function walkMessages(protocol: string): WalkMessages {
  return {
    step: {
      name: `${protocol}.step`,
      fields: (m, d) => [numberField(m.rpc), d.id(m.key), d.nodeIds(m.exclude)],
      fieldsBytes: (m, d) => NUMBER_BYTES + d.idBytes + d.idsBytes(m.exclude.length),
    },
    stepAnswer: {
      name: `${protocol}.step.answer`,
      fields: (m, d) => [numberField(m.rpc), m.done, d.contacts(m.contacts)],
      fieldsBytes: (m, d) => NUMBER_BYTES + 1 + d.contactsBytes(m.contacts.length),
    },
    confirm: {
      name: `${protocol}.confirm`,
      fields: (m, d) => [numberField(m.rpc), d.id(m.key)],
      fieldsBytes: (_, d) => NUMBER_BYTES + d.idBytes,
    },
    confirmAnswer: {
      name: `${protocol}.confirm.answer`,
      fields: (m, d) => [numberField(m.rpc), d.contacts(m.redirect < 0 ? [] : [m.redirect]), d.contacts(m.contacts)],
      fieldsBytes: (m, d) => NUMBER_BYTES + d.contactsBytes(m.redirect < 0 ? 0 : 1) + d.contactsBytes(m.contacts.length),
    },
    route: {
      name: `${protocol}.route`,
      fields: (m, d) => [numberField(m.rpc), numberField(m.lookup), d.contact(m.origin), d.id(m.key), numberField(m.hops), m.final],
      fieldsBytes: (_, d) => 3 * NUMBER_BYTES + d.contactBytes + d.idBytes + 1,
    },
    routeAck: {
      name: `${protocol}.route.ack`,
      fields: (m) => [numberField(m.rpc)],
      fieldsBytes: () => NUMBER_BYTES,
    },
    found: {
      name: `${protocol}.found`,
      fields: (m, d) => [numberField(m.lookup), numberField(m.hops), d.contacts(m.contacts)],
      fieldsBytes: (m, d) => 2 * NUMBER_BYTES + d.contactsBytes(m.contacts.length),
    },
  };
}
