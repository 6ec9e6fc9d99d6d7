/** How busy everything was over the measured window. */
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { mean } from './order-statistics.ts';
import type { Machines } from './machines.ts';
import { type Meter, resourceMeters } from './resource-meters.ts';
import type { TrialSystem } from './systems.ts';

export interface ResourceUse {
  readonly metrics: Record<string, number>;
  /** The busiest resource of all. */
  readonly busiest: string;
}

export class ResourceWindow {
  readonly #sim: Simulator;
  readonly #machines: Machines;
  readonly #meters: readonly Meter[];
  #before: number[] = [];
  #startNs = 0;
  #messages = { sent: 0, sentBytes: 0 };
  #transferred = 0;

  constructor(sim: Simulator, config: ResolvedConfig, machines: Machines, system: TrialSystem) {
    this.#sim = sim;
    this.#machines = machines;
    this.#meters = resourceMeters(config, machines, system);
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

  /** Bytes that serving nodes have received over the network: KV, and little else. */
  #fetchedBytes(): number {
    let bytes = 0;
    for (const { host } of this.#machines.nodes) bytes += this.#machines.network.stats.bytesDown(host);
    return bytes;
  }
}
