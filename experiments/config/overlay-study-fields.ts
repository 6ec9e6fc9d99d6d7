/**
 * Every key that describes one trial of an overlay study: the nodes, the network between them, what happens to them, and the
 * lookups that are measured. Each protocol's parameters have a section of their own; `pace` and `redundancy` turn the
 * same knob of all three.
 */
import type { Fields, Resolved } from './field.ts';
import { choice, integer, optionalInteger, optionalQuantity, quantity, real, section, text, variants } from './field.ts';
import { WHOLE_PROTOCOL_SECTIONS } from './protocol-fields.ts';

const network = section('The network: every host one link, every pair one latency', {
  latency: quantity('duration', { describe: 'One-way latency between hosts of a zone', default: '25ms' }),
  jitter: quantity('duration', { describe: 'Mean of the exponential delay added to each message', default: '0s' }),
  zones: integer({ describe: 'Zones; hosts are dealt to them round robin', default: 1, min: 1, max: 1000 }),
  interZoneLatency: quantity('duration', { describe: 'One-way latency between hosts of different zones', default: '75ms' }),
  link: quantity('bitRate', { describe: 'Uplink and downlink of every host', default: '1Gbps', positive: true }),
  loss: real({ describe: 'Share of messages lost', default: 0, min: 0, max: 1, below: true }),
});

const lookups = section('The lookups measured: fresh uniform keys, each from a random live member', {
  count: integer({ describe: 'Lookups measured', default: 10_000, min: 1 }),
  concurrent: integer({ describe: 'Lookups in flight at once, where no rate is given', default: 100, min: 1, max: 1_000_000 }),
  rate: optionalQuantity('frequency', { describe: 'Mean rate of lookups in the whole overlay, as a Poisson process; none keeps so many in flight', default: 'none', positive: true }),
  hop: choice(['path', 'owner', 'rounds', 'owner-rounds'], {
    describe:
      'What a hop is. path: as each paper counts (Chord without the last step to the owner unless chord.confirmOwner, Pastry every forward, Kademlia the steps along which the owner was heard of, or synchronous rounds until the end). owner: the last step to the owner counted for all. rounds: Kademlia until the lookup ends. owner-rounds: Kademlia until the owner was named',
    default: 'path',
  }),
});

const lifetimes = {
  session: quantity('duration', { describe: 'Mean time that a node stays', default: '1h', positive: true }),
  absence: quantity('duration', { describe: 'Mean time until it comes back, with empty tables', default: '1h', positive: true }),
  crashShare: real({ describe: 'Share of sessions that end in a crash; the others end in a voluntary leave', default: 0.5, min: 0, max: 1 }),
  warmup: quantity('duration', { describe: 'Time of churn and lookups before measuring begins', default: '10min' }),
};

const churn = variants('How nodes come and go; the overlay has `nodes` members on average', {
  none: {},
  exponential: lifetimes,
  pareto: { ...lifetimes, shape: real({ describe: 'Shape of the Pareto law of sessions and absences; small is heavy-tailed', default: 1.5, min: 1, above: true, max: 1000 }) },
  weibull: { ...lifetimes, shape: real({ describe: 'Shape of the Weibull law of sessions and absences; below 1 old nodes tend to stay', default: 0.5, min: 0, above: true, max: 1000 }) },
  trace: {
    file: text({ describe: 'Sessions as CSV: node, join seconds, end seconds, leave or crash; relative to the folder the command runs in', default: 'sessions.csv', maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'a path' }),
    warmup: quantity('duration', { describe: 'Time of the trace before measuring begins', default: '10min' }),
  },
});

/** The keys of one trial of an overlay study, in the order in which `config.resolved.yaml` shows them. */
export const OVERLAY_STUDY_FIELDS = {
  nodes: integer({ describe: 'Members of the overlay; with churn, their mean number; with a session trace, the nodes it may name', default: 1000, min: 1, max: 8_388_608 }),
  idBits: integer({ describe: 'Length of identifiers in bits', default: 64, min: 16, max: 160 }),
  start: choice(['converged', 'join'], { describe: 'Tables at the start: those of a long-settled overlay, or built by messages as node after node joins', default: 'converged' }),
  join: section('How an overlay is joined, with start: join', {
    interval: quantity('duration', { describe: 'Time between two joins, each through a random member', default: '200ms' }),
    settle: quantity('duration', { describe: 'Time after the last join before anything else happens', default: '5min' }),
  }),
  network,
  failures: section('Nodes that fail at once, before the lookups', {
    leave: real({ describe: 'Share of nodes that leave voluntarily', default: 0, min: 0, max: 1, below: true }),
    crash: real({ describe: 'Share of nodes that crash', default: 0, min: 0, max: 1, below: true }),
    settle: quantity('duration', { describe: 'Time given to repairs before the lookups', default: '0s' }),
  }),
  churn,
  lookups,
  balanceKeys: integer({ describe: 'Keys dealt to their owners to measure the balance of keys; 0 measures none', default: 0, min: 0, max: 10_000_000 }),
  values: integer({ describe: 'Values published before the lookups and counted at the end (Kademlia, which keeps them alive itself)', default: 0, min: 0, max: 1_000_000 }),
  pace: real({ describe: 'Maintenance of every protocol runs this many times as often as its periods say', default: 1, min: 0, above: true, max: 1e6 }),
  redundancy: optionalInteger({ describe: 'One length for what each protocol keeps against failures, in place of chord.successors, kademlia.k and half of pastry.leafSet; none leaves those', min: 1, max: 512 }),
  ...WHOLE_PROTOCOL_SECTIONS,
} satisfies Fields;

/** The config of one trial of an overlay study in base units, frozen. */
export type OverlayStudyConfig = Resolved<typeof OVERLAY_STUDY_FIELDS>;
