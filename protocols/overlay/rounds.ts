import type { Handler, Simulator } from '../../sim/kernel/simulator.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { NodeIndex } from './overlay.ts';

/**
 * A task that every node repeats on its own clock: waits uniform within `spread` of the period either way, the first within one period.
 * A node whose host is down keeps its schedule; what runs looks whether it may.
 */
export class Rounds {
  private readonly simulator: Simulator;
  private readonly random: RandomStream;
  private readonly periodNs: Nanoseconds;
  private readonly spread: number;
  /** Handle of each node's next round; 0 where it has none. */
  private readonly timers: Float64Array;
  private readonly tick: Handler<NodeIndex>;

  constructor(simulator: Simulator, label: string, nodeCount: number, periodNs: Nanoseconds, spread: number, run: (node: NodeIndex) => void) {
    this.simulator = simulator;
    this.random = simulator.random.stream(label);
    this.periodNs = periodNs;
    this.spread = spread;
    this.timers = new Float64Array(nodeCount);
    this.tick = simulator.handler(label, (node: NodeIndex) => {
      this.timers[node] = simulator.schedule(this.wait(), this.tick, node);
      run(node);
    });
  }

  /** Starts a node's rounds, or starts them anew. */
  start(node: NodeIndex): void {
    this.stop(node);
    this.timers[node] = this.simulator.schedule(Math.ceil(this.random.next() * this.periodNs), this.tick, node);
  }

  stop(node: NodeIndex): void {
    if (this.timers[node] !== 0) this.simulator.cancel(this.timers[node]);
    this.timers[node] = 0;
  }

  private wait(): Nanoseconds {
    if (this.spread === 0) return this.periodNs;
    return Math.max(1, Math.round(this.periodNs * (1 + this.spread * (2 * this.random.next() - 1))));
  }
}
