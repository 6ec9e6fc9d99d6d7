/** The overlay of a trial: one node for each serving host (or several, as virtual nodes), converged or joined. */
import { GroundTruth } from '../../protocols/overlay/ground-truth.ts';
import { nodeIds } from '../../protocols/overlay/identity.ts';
import { IdSpace } from '../../protocols/overlay/id-space.ts';
import type { Id } from '../../protocols/overlay/id-space.ts';
import type { Overlay } from '../../protocols/overlay/overlay.ts';
import { PlacementKeys } from '../../protocols/placement/placement-keys.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { chooseProtocol, createOverlay, settlingNs } from './create-overlay.ts';

/** The overlay of a trial, whatever it is used for. */
export interface TrialMembers {
  readonly overlay: Overlay;
  readonly space: IdSpace;
  /** When the overlay is ready for the first request. */
  readonly settledNs: number;
  /** The distinct hosts that are responsible for a key, by the omniscient rule. */
  readonly holdersOf: (key: Id, count: number) => readonly HostId[];
}

/** An overlay that segments are placed on. */
export interface TrialOverlay extends TrialMembers {
  readonly keys: PlacementKeys;
  /** The hosts that hold a segment, by the omniscient rule; for contents placed before time 0. */
  replicaSet(unit: number, segment: number, replicas: number): readonly HostId[];
}

/** Time between two joins, where the overlay is joined. */
const JOIN_INTERVAL_NS = SECOND;

export function buildOverlay(sim: Simulator, config: ResolvedConfig, network: Network): TrialOverlay {
  const members = buildMembers(sim, config, network);
  const key = new Uint32Array(members.space.words);
  const keys = new PlacementKeys(members.space, config.placement.keys, config.placement.segments, documents(config));
  return { ...members, keys, replicaSet: (unit, segment, replicas) => members.holdersOf(keys.key(unit, segment, key), replicas) };
}

/** The overlay alone: one node for each serving host, or several. */
export function buildMembers(sim: Simulator, config: ResolvedConfig, network: Network): TrialMembers {
  const { nodes } = config.cluster;
  const { protocol, idBits, virtualNodes, start } = config.overlay;
  const identifiers = nodes * virtualNodes;
  const space = new IdSpace(idBits);
  const ids = nodeIds(space, sim.random.seed, identifiers);
  const hosts = Int32Array.from({ length: identifiers }, (_, node) => Math.floor(node / virtualNodes));
  const choice = chooseProtocol(protocol, config.overlay);
  const overlay = createOverlay(choice, { simulator: sim, network, idBits, ids, hosts });
  const members = Array.from({ length: identifiers }, (_, node) => node);
  let settledNs = 0;
  if (start === 'converged') overlay.buildConverged(members);
  else {
    for (const node of members) {
      sim.schedule(node * JOIN_INTERVAL_NS, () => {
        overlay.join(node, node === 0 ? undefined : 0);
      });
    }
    settledNs = identifiers * JOIN_INTERVAL_NS + settlingNs(choice);
  }
  const truth = new GroundTruth(protocol, space, ids, members);
  return {
    overlay,
    space,
    settledNs,
    holdersOf: (key, count) => {
      // One node a host, of the same number.
      if (virtualNodes === 1) return truth.replicaSet(key, count);
      const found: HostId[] = [];
      for (const node of truth.replicaSet(key, count * virtualNodes)) {
        const host = hosts[node];
        if (!found.includes(host)) found.push(host);
        if (found.length === count) break;
      }
      return found;
    },
  };
}

/** The document of a unit. Blocks of a recorded trace belong to none: each is its own. */
function documents({ workload }: ResolvedConfig): (unit: number) => number {
  if (workload.kind !== 'rag') return (unit) => unit;
  const { chunksPerDocument } = workload;
  return (unit) => Math.floor(unit / chunksPerDocument);
}
