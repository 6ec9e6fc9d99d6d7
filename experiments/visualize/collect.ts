/** Builds an overlay and collects what its picture shows. */
import { hashToId, keyId } from '../../protocols/overlay/identity.ts';
import type { Id } from '../../protocols/overlay/id-space.ts';
import type { LookupResult, NodeIndex, Protocol, RoutingState } from '../../protocols/overlay/overlay.ts';
import { Simulator } from '../../sim/kernel/simulator.ts';
import { MILLISECOND } from '../../sim/kernel/time.ts';
import type { OverlayStudyConfig } from '../config/overlay-study-fields.ts';
import { gather } from '../overlay-trial/membership.ts';
import { OverlayWorld } from '../overlay-trial/overlay-world.ts';
import type { LookupStep, LookupView, OverlayPicture, TableView } from './picture-data.ts';
import type { RecordedMessage } from './recording-network.ts';
import { RecordingNetwork } from './recording-network.ts';

export interface PictureRequest {
  readonly protocol: Protocol;
  readonly config: OverlayStudyConfig;
  readonly seed: string;
  /** A name whose key every node looks up, before the keys of the seed. */
  readonly key: string | undefined;
  /** Lookups of each node. */
  readonly lookupsPerNode: number;
  readonly caption: string;
}

const LABELS = { chord: 'Chord', kademlia: 'Kademlia', pastry: 'Pastry' } as const;

export function collectPicture(request: PictureRequest): OverlayPicture {
  const { protocol, config, seed } = request;
  const sim = new Simulator({ seed, digest: false });
  const recorders: RecordingNetwork[] = [];
  const world = new OverlayWorld(sim, config, protocol, seed, (network) => {
    const recorder = new RecordingNetwork(network, sim);
    recorders.push(recorder);
    return recorder;
  });
  const [recorder] = recorders;
  const members = Array.from({ length: config.nodes }, (_, node) => node);
  gather(world, config, members);
  const { overlay, space } = world;
  const digits = Math.ceil(config.idBits / 4);
  const nodes = members.map((node) => {
    const id = overlay.idOf(node);
    return { id: space.toHex(id), at: share(space.toHex(id), config.idBits) };
  });
  const tables = members.map((node) => tableView(overlay.state(node), nodes, config.idBits));
  const keys = Array.from({ length: request.lookupsPerNode }, (_, i): Id => (request.key === undefined ? keyId(space, seed, i) : i === 0 ? hashToId(space, request.key) : keyId(space, seed, i - 1)));
  const lookups = members.flatMap((from) => keys.map((key) => lookUp(world, recorder, from, key, config.idBits)));
  return {
    protocol,
    title: `${LABELS[protocol]}, ${config.nodes} ${config.nodes === 1 ? 'node' : 'nodes'}`,
    caption: request.caption,
    idDigits: digits,
    nodes,
    tables,
    lookups,
  };
}

/** A hexadecimal identifier as a share of the identifier space; 48 bits are finer than any picture. */
function share(hex: string, bits: number): number {
  const digits = hex.slice(0, 12);
  return parseInt(digits, 16) / 2 ** (bits - 4 * (hex.length - digits.length));
}

function lookUp(world: OverlayWorld, recorder: RecordingNetwork, from: NodeIndex, key: Id, bits: number): LookupView {
  const { sim, overlay, space } = world;
  recorder.take();
  const startNs = sim.now;
  const results: LookupResult[] = [];
  overlay.lookup(from, key, (found) => {
    results.push(found);
    sim.stop();
  });
  sim.run();
  const [result] = results;
  const hex = space.toHex(key);
  return {
    from,
    key: hex,
    keyAt: share(hex, bits),
    owner: result.owner,
    hops: result.hops,
    milliseconds: result.latencyNs / MILLISECOND,
    steps: stepsOf(recorder.take(), startNs),
  };
}

/** Messages by the moment they were sent, acknowledgements left out. */
function stepsOf(messages: readonly RecordedMessage[], startNs: number): LookupStep[] {
  const steps = new Map<number, { from: number; to: number; kind: 'query' | 'answer' }[]>();
  for (const { timeNs, from, to, type } of messages) {
    if (type.endsWith('.ack')) continue;
    const kind = /\.(answer|found)$/.test(type) ? 'answer' : 'query';
    const at = steps.get(timeNs);
    if (at === undefined) steps.set(timeNs, [{ from, to, kind }]);
    else at.push({ from, to, kind });
  }
  return [...steps].map(([timeNs, sent]) => ({ milliseconds: Number(((timeNs - startNs) / MILLISECOND).toFixed(3)), messages: sent }));
}

function tableView(state: RoutingState, nodes: OverlayPicture['nodes'], bits: number): TableView {
  switch (state.protocol) {
    case 'chord':
      return {
        protocol: 'chord',
        predecessor: state.predecessor?.node ?? -1,
        successors: state.successors.map(({ node }) => node),
        fingers: fingerRuns(state.fingers),
      };
    case 'kademlia':
      return {
        protocol: 'kademlia',
        buckets: state.buckets.map(({ index, peers }) => {
          const [from, to] = subtree(nodes[state.node].at, index);
          return { index, from, to, peers: peers.map(({ node }) => node) };
        }),
      };
    case 'pastry': {
      const last = state.rows.findLastIndex((row) => row.some((peer) => peer !== undefined));
      const perDigit = Math.round(Math.log2(state.rows[0]?.length ?? 1));
      return {
        protocol: 'pastry',
        rows: state.rows.slice(0, last + 1).map((row, l) => row.map((peer, column) => (column === digitOf(nodes[state.node].id, l, perDigit, bits) ? -2 : (peer?.node ?? -1)))),
        smaller: state.smallerLeaves.map(({ node }) => node),
        larger: state.largerLeaves.map(({ node }) => node),
        neighbourhood: state.neighbourhood.map(({ node }) => node),
      };
    }
  }
}

function fingerRuns(fingers: Extract<RoutingState, { protocol: 'chord' }>['fingers']): Extract<TableView, { protocol: 'chord' }>['fingers'] {
  const runs: { from: number; to: number; start: string; peer: number }[] = [];
  for (const { exponent, start, peer } of fingers) {
    const last = runs.at(-1);
    if (last?.peer === peer.node && last.to === exponent - 1) last.to = exponent;
    else runs.push({ from: exponent, to: exponent, start, peer: peer.node });
  }
  return runs;
}

/** The subtree of a bucket of one bit a level: identifiers that share `index` leading bits with the node and differ in the next. */
function subtree(at: number, index: number): [number, number] {
  let width = 1;
  let from = 0;
  for (let bit = 0; bit <= index; bit++) {
    width /= 2;
    const upper = at >= from + width;
    // The half of the node itself, except at the last bit: there the other half.
    if (upper === bit < index) from += width;
  }
  return [from, from + width];
}

/** Digit `index` of `perDigit` bits of a hexadecimal identifier of `bits` bits. */
function digitOf(hex: string, index: number, perDigit: number, bits: number): number {
  let digit = 0;
  for (let bit = index * perDigit; bit < (index + 1) * perDigit; bit++) {
    const padded = 4 * hex.length - bits + bit;
    const nibble = parseInt(hex[Math.floor(padded / 4)] ?? '0', 16);
    digit = 2 * digit + ((nibble >> (3 - (padded % 4))) & 1);
  }
  return digit;
}
