import { describe, expect, it } from 'vitest';
import { GroundTruth } from '../../../protocols/overlay/ground-truth.ts';
import { hashToId, nodeIds } from '../../../protocols/overlay/identity.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { Pastry } from '../../../protocols/overlay/pastry/pastry.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

const NODES = 100;

describe('Pastry while nobody repairs', () => {
  it.each(['recursive', 'iterative'] as const)('%s lookups that end name a live owner, whichever leaves are dead', (lookup) => {
    const simulator = new Simulator({ seed: 1 });
    const network = new Network(simulator, uniformTopology(NODES, 1e9, MILLISECOND));
    const space = new IdSpace(64);
    const ids = nodeIds(space, 1, NODES);
    const members = Array.from({ length: NODES }, (_, node) => node);
    const overlay = new Pastry({ simulator, network, idBits: 64, ids }, { lookup, leafSet: 16, maintenance: false, repairOnTimeout: false, rpcTimeoutNs: 50 * MILLISECOND });
    overlay.buildConverged(members);
    const truth = new GroundTruth('pastry', space, ids, members);
    for (let node = 0; node < NODES; node += 4) {
      network.crash(node);
      truth.remove(node);
    }
    let ended = 0;
    let right = 0;
    for (let i = 0; i < 400; i++) {
      const key = hashToId(space, `key-${i}`);
      overlay.lookup(1 + 4 * (i % 25), key, ({ ok, owner, replicas }) => {
        if (!ok) return;
        ended++;
        expect(network.isAlive(owner)).toBe(true);
        expect(replicas[0]).toBe(owner);
        if (owner === truth.owner(key)) right++;
      });
    }
    simulator.run();
    // A quarter of the leaves is dead; half a leaf set of eight all but surely holds a live one.
    expect(ended).toBeGreaterThan(390);
    expect(right / ended).toBeGreaterThan(0.99);
  });
});
