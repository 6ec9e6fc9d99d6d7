/** An overlay on its network, and the judge that knows its members. */
import { GroundTruth } from '../../protocols/overlay/ground-truth.ts';
import type { Id } from '../../protocols/overlay/id-space.ts';
import { IdSpace } from '../../protocols/overlay/id-space.ts';
import { keyId, nodeIds } from '../../protocols/overlay/identity.ts';
import type { NodeIndex, Overlay, Protocol } from '../../protocols/overlay/overlay.ts';
import type { MessageNetwork } from '../../protocols/overlay/transport.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { Network } from '../../sim/network/network.ts';
import type { HostSpec } from '../../sim/network/topology.ts';
import { identityCount } from '../config/check-overlay-study.ts';
import type { OverlayStudyConfig } from '../config/overlay-study-fields.ts';
import { createOverlay } from '../trial/create-overlay.ts';
import { turnedParameters } from './turned-parameters.ts';

export class OverlayWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly space: IdSpace;
  readonly overlay: Overlay;
  /** Times from the start of a join to its end, in nanoseconds, in order of the ends. */
  readonly joinsNs: number[] = [];
  /** Joins, leaves and crashes so far. */
  changes = 0;
  #truth: GroundTruth;
  readonly #protocol: Protocol;
  readonly #seed: string;
  readonly #ids: Uint32Array;
  /** Grows by one with each join, leave and crash of a node. */
  readonly #epochs: Uint32Array;
  /** When a node's join began; −1 where none is under way. */
  readonly #joiningSince: Float64Array;
  readonly #bootstraps: RandomStream;
  #building = false;
  #memberNs = 0;
  #memberNsAt: Nanoseconds = 0;

  /** @param wrap what the overlay is given in place of the network, to listen in */
  constructor(sim: Simulator, config: OverlayStudyConfig, protocol: Protocol, seed: string, wrap: (network: Network) => MessageNetwork = (network) => network) {
    const count = identityCount(config);
    this.sim = sim;
    this.#protocol = protocol;
    this.#seed = seed;
    this.network = buildNetwork(sim, config, count);
    this.space = new IdSpace(config.idBits);
    this.#ids = nodeIds(this.space, seed, count);
    this.overlay = createOverlay(turnedParameters(protocol, config), { simulator: sim, network: wrap(this.network), idBits: config.idBits, ids: this.#ids });
    this.#truth = new GroundTruth(protocol, this.space, this.#ids);
    this.#epochs = new Uint32Array(count);
    this.#joiningSince = new Float64Array(count).fill(-1);
    this.#bootstraps = sim.random.stream('bootstraps');
    this.overlay.observe({
      joined: (node) => {
        if (this.#building) return;
        this.#countMembers();
        this.#truth.add(node);
        if (this.#joiningSince[node] >= 0) this.joinsNs.push(sim.now - this.#joiningSince[node]);
        this.#joiningSince[node] = -1;
      },
      left: (node) => {
        this.#countMembers();
        this.#truth.remove(node);
      },
    });
  }

  get truth(): GroundTruth {
    return this.#truth;
  }

  get members(): readonly NodeIndex[] {
    return this.#truth.members;
  }

  buildConverged(nodes: readonly NodeIndex[]): void {
    this.#building = true;
    this.overlay.buildConverged(nodes);
    this.#building = false;
    // One sort instead of an insertion for each node.
    this.#truth = new GroundTruth(this.#protocol, this.space, this.#ids, nodes);
  }

  /** A node comes, or comes back, with empty tables; through a random member, or as the first. */
  join(node: NodeIndex): void {
    this.changes++;
    this.#epochs[node]++;
    this.#joiningSince[node] = this.sim.now;
    this.network.recover(this.overlay.hostOf(node));
    const { members } = this;
    this.overlay.join(node, members.length === 0 ? undefined : this.#bootstraps.pick(members));
  }

  leave(node: NodeIndex): void {
    this.changes++;
    this.#epochs[node]++;
    this.overlay.leave(node);
  }

  crash(node: NodeIndex): void {
    this.changes++;
    this.#epochs[node]++;
    this.network.crash(this.overlay.hostOf(node));
    this.#countMembers();
    this.#truth.remove(node);
  }

  /** Differs between two moments exactly if the node came or went between them. */
  epochOf(node: NodeIndex): number {
    return this.#epochs[node];
  }

  key(index: number): Id {
    return keyId(this.space, this.#seed, index);
  }

  /** Sum over members of the nanoseconds each has been one, up to now. */
  memberNs(): number {
    this.#countMembers();
    return this.#memberNs;
  }

  #countMembers(): void {
    this.#memberNs += this.members.length * (this.sim.now - this.#memberNsAt);
    this.#memberNsAt = this.sim.now;
  }
}

function buildNetwork(sim: Simulator, config: OverlayStudyConfig, count: number): Network {
  const { zones: zoneCount, latencyNs, interZoneLatencyNs, jitterNs, linkBps, loss } = config.network;
  const zones = Array.from({ length: zoneCount }, (_, i) => `zone-${i}`);
  const hosts: HostSpec[] = Array.from({ length: count }, (_, i) => ({ name: `node-${i}`, upBps: linkBps, downBps: linkBps, zone: zones[i % zoneCount] }));
  const network = new Network(sim, {
    hosts,
    zoneLatencyNs: { zones, oneWayNs: zones.map((_, i) => zones.map((__, j) => (i === j ? latencyNs : interZoneLatencyNs))) },
    ...(jitterNs === 0 ? {} : { jitter: { distribution: 'exponential', meanNs: jitterNs } as const }),
  });
  if (loss > 0) network.setLoss(loss);
  return network;
}
