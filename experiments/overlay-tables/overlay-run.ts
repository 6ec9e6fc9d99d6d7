import { Chord } from '../../protocols/overlay/chord/chord.ts';
import type { ChordOptions } from '../../protocols/overlay/chord/options.ts';
import { GroundTruth } from '../../protocols/overlay/ground-truth.ts';
import { IdSpace } from '../../protocols/overlay/id-space.ts';
import type { Id } from '../../protocols/overlay/id-space.ts';
import { keyId, nodeIds } from '../../protocols/overlay/identity.ts';
import { Kademlia } from '../../protocols/overlay/kademlia/kademlia.ts';
import type { KademliaOptions } from '../../protocols/overlay/kademlia/options.ts';
import type { NodeSetSpec } from '../../protocols/overlay/node-set.ts';
import type { LookupResult, NodeIndex, Overlay, Protocol } from '../../protocols/overlay/overlay.ts';
import { Pastry } from '../../protocols/overlay/pastry/pastry.ts';
import type { PastryOptions } from '../../protocols/overlay/pastry/options.ts';
import { Simulator } from '../../sim/kernel/simulator.ts';
import { MILLISECOND } from '../../sim/kernel/time.ts';
import { Network } from '../../sim/network/network.ts';
import { uniformTopology } from '../../sim/network/topology.ts';

export interface OverlayRunSpec {
  readonly protocol: Protocol;
  readonly nodes: number;
  readonly seed: number | string;
  readonly idBits: number;
  readonly chord?: Partial<ChordOptions>;
  readonly kademlia?: Partial<KademliaOptions>;
  readonly pastry?: Partial<PastryOptions>;
  /** One-way latency between any two hosts; 25 ms by default, and of no effect on hops. */
  readonly latencyNs?: number;
}

/** One overlay of one protocol on equal hosts, with its judge. */
export class OverlayRun {
  readonly simulator: Simulator;
  readonly network: Network;
  readonly overlay: Overlay;
  readonly truth: GroundTruth;
  readonly space: IdSpace;
  readonly seed: number | string;
  private building = false;

  constructor(spec: OverlayRunSpec) {
    const { nodes, seed, idBits, latencyNs = 25 * MILLISECOND } = spec;
    this.seed = seed;
    this.simulator = new Simulator({ seed, digest: false });
    this.network = new Network(this.simulator, uniformTopology(nodes, 1e9, latencyNs));
    this.space = new IdSpace(idBits);
    const ids = nodeIds(this.space, seed, nodes);
    this.overlay = createOverlay(spec, { simulator: this.simulator, network: this.network, idBits, ids });
    this.truth = new GroundTruth(spec.protocol, this.space, ids);
    this.overlay.observe({
      joined: (node) => {
        if (!this.building) this.truth.add(node);
      },
      left: (node) => {
        this.truth.remove(node);
      },
    });
  }

  buildConverged(): this {
    const nodes = Array.from({ length: this.overlay.nodeCount }, (_, node) => node);
    this.building = true;
    this.overlay.buildConverged(nodes);
    this.building = false;
    this.truth.addAll(nodes);
    return this;
  }

  crash(node: NodeIndex): void {
    this.network.crash(this.overlay.hostOf(node));
    this.truth.remove(node);
  }

  key(index: number): Id {
    return keyId(this.space, this.seed, index);
  }

  /** So many lookups of fresh keys, each from a random live member, `concurrent` at a time; `each` is told of every result. */
  lookUp(count: number, each: (result: LookupResult) => void, concurrent = 100, firstKey = 0): void {
    const random = this.simulator.random.stream('overlay table initiators');
    const members = [...this.truth.members];
    let started = 0;
    let ended = 0;
    const start = (): void => {
      this.overlay.lookup(random.pick(members), this.key(firstKey + started), done);
      started++;
    };
    const done = (result: LookupResult): void => {
      each(result);
      ended++;
      if (started < count) start();
      else if (ended === count) this.simulator.stop();
    };
    while (started < Math.min(concurrent, count)) start();
    this.simulator.run();
    if (ended !== count) throw new Error(`${count - ended} of ${count} lookups never ended`);
  }

  isCorrect(result: LookupResult): boolean {
    return result.ok && result.owner === this.truth.owner(result.key);
  }
}

function createOverlay(spec: OverlayRunSpec, nodes: NodeSetSpec): Overlay {
  switch (spec.protocol) {
    case 'chord':
      return new Chord(nodes, spec.chord);
    case 'kademlia':
      return new Kademlia(nodes, spec.kademlia);
    case 'pastry':
      return new Pastry(nodes, spec.pastry);
  }
}
