/** The overlay of a trial: one node for each serving host (or several, as virtual nodes), converged or joined. */
import { GroundTruth } from '../../protocols/overlay/ground-truth.ts';
import { nodeIds } from '../../protocols/overlay/identity.ts';
import { IdSpace } from '../../protocols/overlay/id-space.ts';
import type { Overlay } from '../../protocols/overlay/overlay.ts';
import { PlacementKeys } from '../../protocols/placement/placement-keys.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { chooseProtocol, createOverlay, settlingNs } from './create-overlay.ts';

export interface TrialOverlay {
  readonly overlay: Overlay;
  readonly keys: PlacementKeys;
  /** When the overlay is ready for the first request. */
  readonly settledNs: number;
  /** The hosts that hold a segment, by the omniscient rule; for contents placed before time 0. */
  replicaSet(unit: number, segment: number, replicas: number): readonly HostId[];
}

/** Time between two joins, where the overlay is joined. */
const JOIN_INTERVAL_NS = SECOND;

export function buildOverlay(sim: Simulator, config: ResolvedConfig, network: Network): TrialOverlay {
  const { nodes } = config.cluster;
  const { protocol, idBits, virtualNodes, start } = config.overlay;
  const count = nodes * virtualNodes;
  const space = new IdSpace(idBits);
  const ids = nodeIds(space, sim.random.seed, count);
  const hosts = Int32Array.from({ length: count }, (_, node) => Math.floor(node / virtualNodes));
  const choice = chooseProtocol(protocol, config.overlay);
  const overlay = createOverlay(choice, { simulator: sim, network, idBits, ids, hosts });
  const members = Array.from({ length: count }, (_, node) => node);
  let settledNs = 0;
  if (start === 'converged') overlay.buildConverged(members);
  else {
    for (const node of members) {
      sim.schedule(node * JOIN_INTERVAL_NS, () => {
        overlay.join(node, node === 0 ? undefined : 0);
      });
    }
    settledNs = count * JOIN_INTERVAL_NS + settlingNs(choice);
  }
  const truth = new GroundTruth(protocol, space, ids, members);
  const key = new Uint32Array(space.words);
  const keys = new PlacementKeys(space, config.placement.keys, config.placement.segments, documents(config));
  return {
    overlay,
    keys,
    settledNs,
    replicaSet: (unit, segment, replicas) => {
      const found: HostId[] = [];
      for (const node of truth.replicaSet(keys.key(unit, segment, key), replicas * virtualNodes)) {
        const host = hosts[node];
        if (!found.includes(host)) found.push(host);
        if (found.length === replicas) break;
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
