import type { Handler, Simulator } from '../kernel/simulator.ts';
import { checkFault, type Fault, type FaultHooks } from './fault.ts';
import type { Degradation } from './link-condition.ts';
import type { Network } from './network.ts';
import type { PartitionId } from './reachability.ts';
import type { HostId } from './topology.ts';

/**
 * Applies faults to a network at their times and ends them. Faults may overlap: a host is down while any crash of it lasts; factors of
 * degraded links and slow nodes multiply and extra latencies add up; independent losses combine to 1 - Π(1 - rate); hosts reach each
 * other when no partition in force separates them. The schedule owns the conditions it sets: do not also set them by hand on hosts
 * or pairs that it names.
 */
export class FaultSchedule {
  readonly faults: readonly Fault[];
  readonly #network: Network;
  readonly #hooks: FaultHooks;
  readonly #endHandler: Handler<number>;
  readonly #simulator: Simulator;
  readonly #inForce = new Set<number>();
  readonly #partitions = new Map<number, PartitionId>();

  /** Schedules every fault. @throws RangeError naming the fault, before anything is scheduled */
  constructor(simulator: Simulator, network: Network, faults: readonly Fault[], hooks: FaultHooks = {}) {
    faults.forEach((fault, index) => {
      checkFault(fault, `faults[${index}]`, network.hostCount, simulator.now, hooks);
    });
    this.faults = faults;
    this.#simulator = simulator;
    this.#network = network;
    this.#hooks = hooks;
    const begin = simulator.handler('fault.begin', (index: number) => {
      this.#begin(index);
    });
    this.#endHandler = simulator.handler('fault.end', (index: number) => {
      this.#end(index);
    });
    if (hooks.onCrash !== undefined || hooks.onRecover !== undefined) {
      network.watchHosts((host, alive) => {
        if (alive) hooks.onRecover?.(host);
        else hooks.onCrash?.(host);
      });
    }
    faults.forEach((fault, index) => {
      simulator.scheduleAt(fault.atNs, begin, index);
    });
  }

  /** Faults in force now, in the order in which they began. */
  get active(): Fault[] {
    return [...this.#inForce].map((index) => this.faults[index]);
  }

  #begin(index: number): void {
    const fault = this.faults[index];
    this.#inForce.add(index);
    if (fault.forNs !== undefined) this.#simulator.schedule(fault.forNs, this.#endHandler, index);
    if ('leave' in fault) {
      for (const host of fault.leave) this.#hooks.onLeave!(host);
    } else if ('partition' in fault) this.#partitions.set(index, this.#network.partition(fault.partition));
    else this.#apply(fault);
  }

  #end(index: number): void {
    const fault = this.faults[index];
    this.#inForce.delete(index);
    if ('leave' in fault) {
      for (const host of fault.leave) this.#hooks.onRejoin?.(host);
    } else if ('partition' in fault) {
      this.#network.heal(this.#partitions.get(index));
      this.#partitions.delete(index);
    } else this.#apply(fault);
  }

  /** Sets what a fault concerns to the sum of all faults in force. */
  #apply(fault: Fault): void {
    if ('crash' in fault) {
      for (const host of fault.crash) {
        if (this.#any((other) => 'crash' in other && other.crash.includes(host))) this.#network.crash(host);
        else this.#network.recover(host);
      }
    } else if ('degrade' in fault) {
      for (const host of fault.degrade.hosts) this.#network.degrade(host, this.#degradation(host));
    } else if ('slow' in fault) {
      for (const host of fault.slow.hosts) this.#hooks.onSlow!(host, this.#slowness(host));
    } else if ('loss' in fault) this.#applyLoss(fault.loss.from, fault.loss.to);
  }

  #any(test: (fault: Fault) => boolean): boolean {
    for (const index of this.#inForce) {
      if (test(this.faults[index])) return true;
    }
    return false;
  }

  #degradation(host: HostId): Degradation {
    const total = { upFactor: 1, downFactor: 1, extraLatencyNs: 0 };
    for (const fault of this.active) {
      if (!('degrade' in fault) || !fault.degrade.hosts.includes(host)) continue;
      total.upFactor *= fault.degrade.upFactor ?? 1;
      total.downFactor *= fault.degrade.downFactor ?? 1;
      total.extraLatencyNs += fault.degrade.extraLatencyNs ?? 0;
    }
    return total;
  }

  #slowness(host: HostId): number {
    let factor = 1;
    for (const fault of this.active) {
      if ('slow' in fault && fault.slow.hosts.includes(host)) factor *= fault.slow.factor;
    }
    return factor;
  }

  /** A loss everywhere changes what pairs with a loss of their own lose, so all of them are set anew. */
  #applyLoss(from: HostId | undefined, to: HostId | undefined): void {
    let everywhere = 1;
    const pairs = new Map<string, { from: HostId; to: HostId; kept: number }>();
    for (const { loss } of this.active.filter((fault) => 'loss' in fault)) {
      if (loss.from === undefined || loss.to === undefined) {
        everywhere *= 1 - loss.rate;
        continue;
      }
      const key = `${loss.from} ${loss.to}`;
      const kept = (pairs.get(key)?.kept ?? 1) * (1 - loss.rate);
      pairs.set(key, { from: loss.from, to: loss.to, kept });
    }
    if (from !== undefined && to !== undefined && !pairs.has(`${from} ${to}`)) this.#network.setLoss(undefined, from, to);
    this.#network.setLoss(1 - everywhere);
    for (const pair of pairs.values()) this.#network.setLoss(1 - pair.kept * everywhere, pair.from, pair.to);
  }
}
