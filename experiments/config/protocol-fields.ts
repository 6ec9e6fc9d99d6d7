/**
 * Every parameter of the three overlay protocols as a config key. A key is the name of the protocol's own option without
 * its unit, so a resolved section is the options object that the protocol takes; `protocols/overlay/<protocol>/options.ts` gives sources.
 */
import { CHORD_DEFAULTS } from '../../protocols/overlay/chord/options.ts';
import type { ChordOptions } from '../../protocols/overlay/chord/options.ts';
import { KADEMLIA_DEFAULTS } from '../../protocols/overlay/kademlia/options.ts';
import type { KademliaOptions } from '../../protocols/overlay/kademlia/options.ts';
import { PASTRY_DEFAULTS } from '../../protocols/overlay/pastry/options.ts';
import type { PastryOptions } from '../../protocols/overlay/pastry/options.ts';
import type { Field, Fields } from './field.ts';
import { choice, flag, integer, quantity, real, section } from './field.ts';
import { formatQuantity } from './units.ts';

/** A duration whose default is given in nanoseconds, as the protocols state it. */
const duration = (describe: string, defaultNs: number, positive = true): Field<number, 'Ns'> =>
  quantity('duration', { describe, default: formatQuantity('duration', defaultNs), positive });
const spread = (value: number): Field<number, ''> =>
  real({ describe: 'Each wait is uniform within this share of its period either way', default: value, min: 0, max: 1, below: true });

/** What the hop-by-hop lookups of Chord and Pastry share. */
const walkFields = (defaults: Pick<ChordOptions, 'lookup' | 'hopAcks' | 'rpcTimeoutNs' | 'lookupAttempts' | 'maintenanceAttempts' | 'lookupTimeoutNs' | 'lookupRetries' | 'hopLimit'>) => ({
  lookup: choice(['recursive', 'iterative'], { describe: 'Who asks the next hop: each node on the way, or the asker', default: defaults.lookup }),
  hopAcks: flag({ describe: 'Recursive lookups: each hop is acknowledged, so that a dead next hop is found and passed by', default: defaults.hopAcks }),
  rpcTimeout: duration('Wait for an answer', defaults.rpcTimeoutNs),
  lookupAttempts: integer({ describe: 'Sendings of a lookup step before its peer is passed by', default: defaults.lookupAttempts, min: 1, max: 100 }),
  maintenanceAttempts: integer({ describe: 'Sendings of a maintenance request before its peer is held dead', default: defaults.maintenanceAttempts, min: 1, max: 100 }),
  lookupTimeout: duration('Recursive lookups: wait of the asker for the result', defaults.lookupTimeoutNs),
  lookupRetries: integer({ describe: 'Fresh starts of a lookup that found no way', default: defaults.lookupRetries, min: 0, max: 100 }),
  hopLimit: integer({ describe: 'Steps after which a lookup gives up; 0 is four times the identifier length', default: defaults.hopLimit, min: 0, max: 1_000_000 }),
});

/** How every protocol keeps its tables. */
const upkeepFields = (defaults: Pick<ChordOptions, 'repairOnTimeout' | 'droppedPeers' | 'probePeriodNs'>) => ({
  repairOnTimeout: flag({ describe: 'A timeout in a lookup starts a check of that peer, and its removal', default: defaults.repairOnTimeout }),
  droppedPeers: integer({ describe: 'Peers given up as dead that a node remembers and probes, so that split overlays merge', default: defaults.droppedPeers, min: 0, max: 10_000 }),
  probePeriod: duration('Time between such probes of one node', defaults.probePeriodNs),
});

export const CHORD_FIELDS = {
  successors: integer({ describe: 'Length r of the successor list', default: CHORD_DEFAULTS.successors, min: 1, max: 1024 }),
  routing: choice(['fingers', 'fingers-and-list'], { describe: 'Next hop: the closest preceding finger, or the closest preceding node of fingers and list', default: CHORD_DEFAULTS.routing }),
  checkOwner: flag({ describe: 'The asker first checks whether it owns the key itself', default: CHORD_DEFAULTS.checkOwner }),
  confirmOwner: flag({ describe: 'The owner is asked before the lookup ends, as one more hop; a dead owner is passed over', default: CHORD_DEFAULTS.confirmOwner }),
  ownerRedirects: flag({ describe: 'With confirmOwner: an owner whose predecessor lies at or after the key passes the query back', default: CHORD_DEFAULTS.ownerRedirects }),
  ...walkFields(CHORD_DEFAULTS),
  maintenance: flag({ describe: 'Nodes stabilise and fix fingers', default: CHORD_DEFAULTS.maintenance }),
  stabilisePeriod: duration('Mean time between two stabilisations of a node', CHORD_DEFAULTS.stabilisePeriodNs),
  periodSpread: spread(CHORD_DEFAULTS.periodSpread),
  fixFingers: choice(['one', 'all'], { describe: 'Fingers refreshed a round: the next one, or all', default: CHORD_DEFAULTS.fixFingers }),
  fixFingersPeriod: duration('Mean time between finger rounds; 0s is one with each stabilisation', CHORD_DEFAULTS.fixFingersPeriodNs, false),
  fillFingersOnJoin: flag({ describe: 'A node that joined looks up all its fingers at once', default: CHORD_DEFAULTS.fillFingersOnJoin }),
  ...upkeepFields(CHORD_DEFAULTS),
} satisfies Fields;

export const KADEMLIA_FIELDS = {
  k: integer({ describe: 'Bucket size and replication', default: KADEMLIA_DEFAULTS.k, min: 1, max: 1000 }),
  alpha: integer({ describe: 'Requests in flight of one lookup, α', default: KADEMLIA_DEFAULTS.alpha, min: 1, max: 1000 }),
  digitBits: integer({ describe: 'Bits resolved a step, b', default: KADEMLIA_DEFAULTS.digitBits, min: 1, max: 8 }),
  termination: choice(['closest', 'no-closer'], { describe: 'End of a lookup: the closest nodes heard of have all answered, or the first round that brings nothing closer', default: KADEMLIA_DEFAULTS.termination }),
  resiliency: integer({ describe: 'How many closest nodes must have answered, β; 0 is k', default: KADEMLIA_DEFAULTS.resiliency, min: 0, max: 1000 }),
  rounds: choice(['asynchronous', 'synchronous'], { describe: 'The next request goes out with each answer, or after all α of a round', default: KADEMLIA_DEFAULTS.rounds }),
  fullBucket: choice(['defer', 'ping'], { describe: 'A newcomer at a full bucket: kept as a replacement, or the oldest contact is asked at once', default: KADEMLIA_DEFAULTS.fullBucket }),
  tables: choice(['ideal', 'grown'], { describe: 'Tables of an overlay built directly: uniform contacts in each bucket, or those of nodes that joined one after the other', default: KADEMLIA_DEFAULTS.tables }),
  replacements: integer({ describe: 'Length of the replacement cache of each bucket', default: KADEMLIA_DEFAULTS.replacements, min: 0, max: 1000 }),
  staleAfter: integer({ describe: 'Requests in a row without an answer before a contact goes', default: KADEMLIA_DEFAULTS.staleAfter, min: 1, max: 100 }),
  rpcTimeout: duration('Wait for an answer', KADEMLIA_DEFAULTS.rpcTimeoutNs),
  lookupAttempts: integer({ describe: 'Sendings of a lookup request before its peer is passed by', default: KADEMLIA_DEFAULTS.lookupAttempts, min: 1, max: 100 }),
  maintenance: flag({ describe: 'Nodes refresh buckets and republish', default: KADEMLIA_DEFAULTS.maintenance }),
  refreshPeriod: duration('A bucket in whose range nothing was looked up for so long is refreshed', KADEMLIA_DEFAULTS.refreshPeriodNs),
  periodSpread: spread(KADEMLIA_DEFAULTS.periodSpread),
  ...upkeepFields(KADEMLIA_DEFAULTS),
} satisfies Fields;

/** How Kademlia keeps values alive; serving keeps KV caches in stores of its own, and only looks holders up. */
export const PUBLICATION_FIELDS = {
  republishPeriod: duration('Holders store their values again this often', KADEMLIA_DEFAULTS.republishPeriodNs),
  publishPeriod: duration('The original publisher stores again this often', KADEMLIA_DEFAULTS.publishPeriodNs),
  expiry: duration('Values not published again for so long are forgotten', KADEMLIA_DEFAULTS.expiryNs),
} satisfies Fields;

export const PASTRY_FIELDS = {
  digitBits: integer({ describe: 'Bits of a digit, b: rows of 2^b columns', default: PASTRY_DEFAULTS.digitBits, min: 1, max: 8 }),
  leafSet: integer({ describe: 'Leaf set |L|, half on either side; an even number', default: PASTRY_DEFAULTS.leafSet, min: 2, max: 1024 }),
  neighbourhood: integer({ describe: 'Neighbourhood set |M|: the nearest nodes by round-trip time', default: PASTRY_DEFAULTS.neighbourhood, min: 0, max: 1024 }),
  proximity: flag({ describe: 'Nodes measure round-trip times and prefer near peers in their tables', default: PASTRY_DEFAULTS.proximity }),
  proximitySamples: integer({ describe: 'Directly built tables: candidates of each entry among which the nearest is taken', default: PASTRY_DEFAULTS.proximitySamples, min: 1, max: 1000 }),
  ...walkFields(PASTRY_DEFAULTS),
  maintenance: flag({ describe: 'Nodes keep each other alive and repair their tables', default: PASTRY_DEFAULTS.maintenance }),
  leafSetPeriod: duration('Mean time between keep-alives and exchanges of leaf sets of a node', PASTRY_DEFAULTS.leafSetPeriodNs),
  rowPeriod: duration('Mean time between requests for a row of another node; 0s is never', PASTRY_DEFAULTS.rowPeriodNs, false),
  periodSpread: spread(PASTRY_DEFAULTS.periodSpread),
  improveOnJoin: flag({ describe: 'With proximity: a node that joined asks all its peers for their state, to take nearer ones', default: PASTRY_DEFAULTS.improveOnJoin }),
  ...upkeepFields(PASTRY_DEFAULTS),
} satisfies Fields;

/** Parameters of all three protocols, by protocol. */
export interface ProtocolParameters {
  readonly chord: ChordOptions;
  readonly kademlia: Omit<KademliaOptions, 'republishPeriodNs' | 'publishPeriodNs' | 'expiryNs'>;
  readonly pastry: PastryOptions;
}

const CHORD_SOURCE = 'Chord: Stoica et al., IEEE/ACM ToN 2003';
const KADEMLIA_SOURCE = 'Kademlia: Maymounkov and Mazières, IPTPS 2002';
const PASTRY_SOURCE = 'Pastry: Rowstron and Druschel, Middleware 2001';

/** The sections of a study that uses an overlay to find holders. */
export const PROTOCOL_SECTIONS = {
  chord: section(CHORD_SOURCE, CHORD_FIELDS),
  kademlia: section(KADEMLIA_SOURCE, KADEMLIA_FIELDS),
  pastry: section(PASTRY_SOURCE, PASTRY_FIELDS),
} satisfies Fields;

/** The sections of a study of the protocols themselves: every parameter of the papers. */
export const WHOLE_PROTOCOL_SECTIONS = {
  ...PROTOCOL_SECTIONS,
  kademlia: section(KADEMLIA_SOURCE, { ...KADEMLIA_FIELDS, ...PUBLICATION_FIELDS }),
} satisfies Fields;
