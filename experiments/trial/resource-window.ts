/** How busy everything was over the measured window. */
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { StorageNode } from '../../protocols/systems/storage-node.ts';
import { mean } from './order-statistics.ts';
import type { Machines } from './machines.ts';
import type { TrialSystem } from './systems.ts';

/** One resource: how much it can do in a nanosecond, and how much it has done so far. */
interface Meter {
  readonly kind: 'gpu' | 'cpu' | 'up' | 'down' | 'disk' | 'memory' | 'copy';
  /** As a reader meets it: `node 3 uplink`. */
  readonly name: string;
  /** Units of work per nanosecond. */
  readonly capacity: number;
  readonly done: () => number;
}

export interface ResourceUse {
  readonly metrics: Record<string, number>;
  /** The busiest resource of all. */
  readonly busiest: string;
}

const BITS_PER_BYTE = 8;

export class ResourceWindow {
  readonly #sim: Simulator;
  readonly #machines: Machines;
  readonly #meters: Meter[] = [];
  #before: number[] = [];
  #startNs = 0;
  #messages = { sent: 0, sentBytes: 0 };
  #transferred = 0;

  constructor(sim: Simulator, config: ResolvedConfig, machines: Machines, system: TrialSystem) {
    this.#sim = sim;
    this.#machines = machines;
    const { network, cluster } = config;
    for (const node of machines.nodes) {
      const name = `node ${node.host}`;
      this.#meters.push(
        { kind: 'gpu', name: `${name} GPU`, capacity: 1, done: () => node.engine.busyNs() },
        { kind: 'copy', name: `${name} host-to-device link`, capacity: 1, done: () => node.copies.busyNs('hostToDevice') },
      );
      this.#addHost(node, name, network.upBps, network.downBps, cluster.cpuCores);
    }
    if (system.central !== undefined) {
      const { scale } = cluster.central;
      this.#addHost(system.central, 'central store', network.upBps * scale, network.downBps * scale, cluster.cpuCores);
    }
  }

  start(): void {
    this.#startNs = this.#sim.now;
    this.#before = this.#meters.map(({ done }) => done());
    const { stats } = this.#machines.network;
    const { sent, sentBytes } = stats.messageTotals();
    this.#messages = { sent, sentBytes };
    this.#transferred = this.#fetchedBytes();
  }

  end(): ResourceUse {
    const windowNs = this.#sim.now - this.#startNs;
    const use = this.#meters.map(({ done, capacity }, i) => (windowNs === 0 ? 0 : (done() - this.#before[i]) / (capacity * windowNs)));
    const of = (kind: Meter['kind'], peersOnly = false): number[] =>
      use.filter((_, i) => this.#meters[i].kind === kind && !(peersOnly && this.#meters[i].name.startsWith('central')));
    let busiest = 0;
    for (let i = 1; i < use.length; i++) if (use[i] > use[busiest]) busiest = i;
    const { sent, sentBytes } = this.#machines.network.stats.messageTotals();
    return {
      busiest: this.#meters[busiest].name,
      metrics: {
        gpuUtilisation: mean(of('gpu')),
        cpuUtilisation: mean(of('cpu', true)),
        linkUpUtilisation: mean(of('up', true)),
        linkDownUtilisation: mean(of('down', true)),
        linkUpUtilisationMax: Math.max(...of('up')),
        linkDownUtilisationMax: Math.max(...of('down')),
        ...(of('disk').length > 0 ? { diskUtilisationMax: Math.max(...of('disk')) } : {}),
        busiestUtilisation: use[busiest],
        messages: sent - this.#messages.sent,
        bytesControl: sentBytes - this.#messages.sentBytes,
        bytesFetched: this.#fetchedBytes() - this.#transferred,
      },
    };
  }

  #addHost(node: StorageNode, name: string, upBps: number, downBps: number, cores: number): void {
    const { network } = this.#machines;
    const bytesPerNs = (bps: number): number => bps / BITS_PER_BYTE / SECOND;
    this.#meters.push(
      { kind: 'cpu', name: `${name} CPU`, capacity: cores, done: () => node.cpu.busyNs() },
      { kind: 'up', name: `${name} uplink`, capacity: bytesPerNs(upBps), done: () => network.stats.bytesUp(node.host) },
      { kind: 'down', name: `${name} downlink`, capacity: bytesPerNs(downBps), done: () => network.stats.bytesDown(node.host) },
    );
    for (const { name: tier, readLink, readBytesPerSecond } of node.tiers) {
      this.#meters.push({
        kind: tier === 'ssd' ? 'disk' : 'memory',
        name: `${name} ${tier} reads`,
        capacity: readBytesPerSecond / SECOND,
        done: () => network.linkBytes(readLink),
      });
    }
  }

  /** Bytes that serving nodes have received over the network: KV, and little else. */
  #fetchedBytes(): number {
    let bytes = 0;
    for (const { host } of this.#machines.nodes) bytes += this.#machines.network.stats.bytesDown(host);
    return bytes;
  }
}
