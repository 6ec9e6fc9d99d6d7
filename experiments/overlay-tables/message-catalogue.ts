/** The message catalogue of docs/PROTOCOLS.md: fields and sizes from the specifications that the protocols run with. */
import * as chord from '../../protocols/overlay/chord/messages.ts';
import { IdSpace } from '../../protocols/overlay/id-space.ts';
import { nodeIds } from '../../protocols/overlay/identity.ts';
import * as kademlia from '../../protocols/overlay/kademlia/messages.ts';
import type { NodeIndex, Protocol } from '../../protocols/overlay/overlay.ts';
import * as pastry from '../../protocols/overlay/pastry/messages.ts';
import type { Envelope, MessageSpec } from '../../protocols/overlay/transport.ts';
import { walkMessages } from '../../protocols/overlay/walk/messages.ts';
import { WireFormat } from '../../protocols/overlay/wire-format.ts';
import { TCP_TLS_HEADER_BYTES } from '../../sim/network/message.ts';

interface CatalogueRow {
  readonly spec: MessageSpec<Envelope>;
  /** Fields after the envelope, in their order on the wire. */
  readonly fields: string;
  /** A message with `n` of what it may hold many of. */
  readonly sample: (n: number) => Envelope;
  /** What `n` counts, and the n of the example; absent where the size is fixed. */
  readonly many?: { readonly of: string; readonly example: number };
  readonly sender: string;
  readonly when: string;
}

const SAMPLE_NODES = 64;
const ENVELOPE = { to: 0, from: 1 } as const;
const CALL = { ...ENVELOPE, rpc: 1, purpose: 0 } as const;
const nodes = (n: number): NodeIndex[] => Array.from({ length: n }, (_, node) => node);

function row<M extends Envelope>(spec: MessageSpec<M>, sender: string, when: string, fields: string, sample: (n: number) => M, many?: CatalogueRow['many']): CatalogueRow {
  return { spec: spec, fields, sample, sender, when, ...(many === undefined ? {} : { many }) };
}

function catalogue(protocol: Protocol, key: Uint32Array): readonly CatalogueRow[] {
  const walk = walkMessages(protocol);
  const contacts = (example: number): CatalogueRow['many'] => ({ of: 'contacts', example });
  const recursive = [
    row(walk.route, 'the initiator, then each node on the way', 'recursive lookup: passes the query to the next hop', 'call, lookup, initiator (contact), key, hops, final?', () => ({ ...CALL, lookup: 1, origin: 1, key, hops: 0, final: false, redirects: 0, timeouts: 0, deadEntries: 0, messages: 0 })),
    row(walk.routeAck, 'whoever a query reached', 'at once; not sent with `hopAcks: false`', 'call', () => CALL),
    row(walk.found, 'the node that knows the owner', 'recursive lookup: the result, straight to the initiator; no contacts: no way from here', 'lookup, hops, contacts (owner, then its followers)', (n) => ({ ...ENVELOPE, lookup: 1, hops: 0, contacts: nodes(n), redirects: 0, timeouts: 0, deadEntries: 0, messages: 0 }), contacts(protocol === 'chord' ? 8 : 9)),
  ];
  const iterative = [
    row(walk.step, 'the initiator', 'iterative lookup: where next? Asked again, naming the dead, where the answer led to one', 'call, key, identifiers found dead', (n) => ({ ...CALL, key, exclude: nodes(n) }), { of: 'identifiers', example: 0 }),
    row(walk.stepAnswer, 'whoever was asked', 'at once: the next hop, or the owner and its followers', 'call, done?, contacts', (n) => ({ ...CALL, done: true, contacts: nodes(n), passedOver: 0 }), contacts(1)),
  ];
  switch (protocol) {
    case 'chord':
      return [
        ...recursive,
        ...iterative,
        row(walk.confirm, 'the initiator', 'iterative lookup with `confirmOwner`: are you the owner? (A recursive one sends a `route` marked final)', 'call, key', () => ({ ...CALL, key })),
        row(walk.confirmAnswer, 'the presumed owner', 'at once: a nearer node (its predecessor) where it knows one; itself and its followers', 'call, contacts (a nearer node, if it knows one: not counted here), contacts (itself, followers)', (n) => ({ ...CALL, redirect: -1, contacts: nodes(n) }), contacts(9)),
        row(chord.STABILISE, 'every node, to its successor', 'once a stabilisation period; to a candidate that an answer named; to the first live entry after a failure', 'call', () => CALL),
        row(chord.STABILISE_ANSWER, 'the successor', 'at once', 'call, contacts (its predecessor, if it knows one: counted here), contacts (its successor list)', (n) => ({ ...CALL, predecessor: 0, successors: nodes(n) }), contacts(8)),
        row(chord.NOTIFY, 'every node, to its successor', 'after each stabilisation: I may be your predecessor', '–', () => ENVELOPE),
        row(chord.CANDIDATE, 'a node that met another ring', 'to its predecessor-to-be there: I lie between you and your successor', '–', () => ENVELOPE),
        row(chord.PING, 'a node that doubts a peer', 'after a timeout; a predecessor silent for two periods; a remembered peer, once a probe period', 'call', () => CALL),
        row(chord.PONG, 'whoever was asked', 'at once', 'call', () => CALL),
        row(chord.LEAVE_NOTICE, 'a node that leaves', 'to its successor and its predecessor', 'contacts (its predecessor, if it knows one: counted here), contacts (its successor list)', (n) => ({ ...ENVELOPE, predecessor: 0, successors: nodes(n) }), contacts(8)),
      ];
    case 'kademlia':
      return [
        row(kademlia.FIND, 'the initiator', 'FIND_NODE, and FIND_VALUE where a value is wanted: α at a time, to the closest not asked yet', 'call, key, value wanted?', () => ({ ...CALL, key, value: false })),
        row(kademlia.FIND_ANSWER, 'whoever was asked', 'at once: the k closest contacts that it knows', 'call, nil, contacts', (n) => ({ ...CALL, value: undefined, contacts: nodes(n) }), contacts(20)),
        row(kademlia.FIND_ANSWER, 'a holder of the value', 'at once, to FIND_VALUE', 'call, value, no contacts', (n) => ({ ...CALL, value: { token: 0, sizeBytes: n }, contacts: [] }), { of: 'bytes of value', example: 100 }),
        row(kademlia.STORE, 'a publisher, a holder, a node that leaves', 'to the k closest after a lookup; a copy to the closest node that lacked a value found; to a newcomer that belongs to the holders', 'call, key, lifetime in seconds, value', (n) => ({ ...CALL, key, value: { token: 0, sizeBytes: n }, lifetimeNs: 0 }), { of: 'bytes of value', example: 100 }),
        row(kademlia.STORED, 'the holder', 'at once', 'call', () => CALL),
        row(kademlia.PING, 'a node that doubts a contact', 'after an unanswered request; to the oldest contact of a full bucket with `fullBucket: ping`; to a remembered peer, once a probe period', 'call', () => CALL),
        row(kademlia.PONG, 'whoever was asked', 'at once', 'call', () => CALL),
        row(kademlia.LEAVE_NOTICE, 'a node that leaves', 'to the k contacts closest to it', '–', () => ENVELOPE),
      ];
    case 'pastry':
      return [
        ...recursive,
        ...iterative,
        row(pastry.JOIN_REQUEST, 'the newcomer, then each node on the way', 'join: routed to the newcomer’s own identifier', 'call, newcomer (contact), first row it lacks, hops', () => ({ ...CALL, origin: 1, row: 0, hops: 0 })),
        row(pastry.JOIN_ACK, 'whoever a join reached', 'at once', 'call', () => CALL),
        row(pastry.JOIN_STATE, 'each node on the way', 'to the newcomer: its rows, from the first node its neighbourhood set too, from the last its leaf set', 'contacts (rows), contacts (leaves), final?', (n) => ({ ...ENVELOPE, peers: nodes(n), leaves: [], final: false }), contacts(15)),
        row(pastry.ANNOUNCE, 'the newcomer', 'to all whom it has heard of, once it has its leaf set', 'contacts (its leaves)', (n) => ({ ...ENVELOPE, peers: nodes(n) }), contacts(16)),
        row(pastry.STATE, 'the newcomer', 'with `proximity`, to all whom it has heard of: whom do you know?', 'call', () => CALL),
        row(pastry.STATE_ANSWER, 'whoever was asked', 'at once: routing table and neighbourhood set', 'call, contacts', (n) => ({ ...CALL, peers: nodes(n) }), contacts(50)),
        row(pastry.LEAVES, 'every node, to its two nearest leaves', 'once a leaf-set period; to a new nearest leaf; to the outermost leaf of a side that lost one', 'call, contacts (its leaves)', (n) => ({ ...CALL, peers: nodes(n) }), contacts(16)),
        row(pastry.LEAVES_ANSWER, 'the leaf', 'at once: its own leaves', 'call, contacts', (n) => ({ ...CALL, peers: nodes(n) }), contacts(16)),
        row(pastry.ROW, 'every node', 'once a row period, to a peer of its table; to another node of the row where an entry died', 'call, row', () => ({ ...CALL, row: 0 })),
        row(pastry.ROW_ANSWER, 'whoever was asked', 'at once: that row', 'call, contacts', (n) => ({ ...CALL, peers: nodes(n) }), contacts(15)),
        row(pastry.PING, 'every node', 'keep-alive of the other leaves, once a leaf-set period; before a leaf enters; to measure round trips; after a timeout; to a remembered peer', 'call', () => CALL),
        row(pastry.PONG, 'whoever was asked', 'at once', 'call', () => CALL),
        row(pastry.LEAVE_NOTICE, 'a node that leaves', 'to its leaves', 'contacts (its leaves)', (n) => ({ ...ENVELOPE, peers: nodes(n) }), contacts(16)),
      ];
  }
}

/** Bytes on the network of a message with n of its many, identifiers being of so many bits. */
type SizeOf = (idBits: number, n: number) => number;

/** Names of the message types in the catalogue of a protocol. */
export function cataloguedTypes(protocol: Protocol): string[] {
  return [...new Set(catalogue(protocol, new Uint32Array(5)).map(({ spec }) => spec.name))];
}

/** The catalogue of one protocol as a Markdown table. */
export function catalogueTable(protocol: Protocol): string {
  const key = new Uint32Array(5);
  const wires = new Map([64, 160].map((idBits) => [idBits, sampleWire(idBits)]));
  const lines = catalogue(protocol, key).map((entry) => {
    const sizeOf: SizeOf = (idBits, n) => {
      const wire = wires.get(idBits)!;
      return TCP_TLS_HEADER_BYTES + wire.envelopeBytes + entry.spec.fieldsBytes(entry.sample(n), wire);
    };
    return `| \`${entry.spec.name}\` | ${entry.fields} | ${formula(sizeOf, entry.many)} | ${example(sizeOf, entry.many)} | ${entry.sender} | ${entry.when} |`;
  });
  return ['| message | fields after the envelope | bytes | at 64 / 160 bits | sent by | when |', '|---|---|---|---|---|---|', ...lines].join('\n');
}

/** The size as a sum of constants and multiples of i, the bytes of an identifier, read off the sizes themselves. */
function formula(sizeOf: SizeOf, many: CatalogueRow['many']): string {
  const fixed = linear(sizeOf(64, 0), sizeOf(160, 0));
  if (many === undefined) return fixed;
  const each = linear(sizeOf(64, 1) - sizeOf(64, 0), sizeOf(160, 1) - sizeOf(160, 0));
  return `${fixed} + ${each === '1' ? 'n' : `n·(${each})`}, n ${many.of}`;
}

/** a + b·i through the values at i = 8 and i = 20. */
function linear(at8: number, at20: number): string {
  const slope = (at20 - at8) / 12;
  const constant = at8 - 8 * slope;
  if (slope === 0) return String(constant);
  return `${constant} + ${slope === 1 ? '' : slope}i`;
}

function example(sizeOf: SizeOf, many: CatalogueRow['many']): string {
  const n = many?.example ?? 0;
  return `${sizeOf(64, n)} / ${sizeOf(160, n)}${many === undefined ? '' : ` (n = ${n})`}`;
}

function sampleWire(idBits: number): WireFormat {
  const space = new IdSpace(idBits);
  return new WireFormat(space, nodeIds(space, 'catalogue', SAMPLE_NODES), Int32Array.from({ length: SAMPLE_NODES }, (_, host) => host));
}

const begin = (protocol: Protocol): string => `<!-- ${protocol}: written by npm run messages -->`;
const END = '<!-- end -->';

/** The page with the catalogue of each protocol between its marks. @throws Error where a mark is missing */
export function withCatalogues(page: string): string {
  let text = page;
  for (const protocol of ['chord', 'kademlia', 'pastry'] as const) {
    const from = text.indexOf(begin(protocol));
    const to = text.indexOf(END, from);
    if (from < 0 || to < 0) throw new Error(`the page lacks the marks "${begin(protocol)}" … "${END}"`);
    text = `${text.slice(0, from)}${begin(protocol)}\n\n${catalogueTable(protocol)}\n\n${text.slice(to)}`;
  }
  return text;
}
