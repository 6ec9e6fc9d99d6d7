import type { Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { WriteCause } from '../store/tiering.ts';
import type { TierPort } from './storage-node.ts';

/** Bytes written into one node's tiers at one instant, by tier. */
interface Writes {
  readonly host: HostId;
  readonly bytes: number[];
  due: boolean;
}

/**
 * Charges the devices for what stores write: what comes in, goes down, is brought up or written through at one instant is one flow over the
 * write link of its tier, in the background. Writes into host memory are part of what brings the bytes there, and nothing waits for them.
 */
export class TierTraffic {
  /** Bytes written so far over all nodes, by cause. */
  readonly bytes: Record<WriteCause, number> = { entry: 0, demotion: 0, promotion: 0, through: 0 };
  readonly #sim: Simulator;
  readonly #network: Network;
  readonly #tiersOf: (host: HostId) => readonly TierPort[];
  readonly #byHost: Writes[];
  readonly #flush: Handler<Writes>;

  constructor(sim: Simulator, network: Network, hosts: number, tiersOf: (host: HostId) => readonly TierPort[]) {
    this.#sim = sim;
    this.#network = network;
    this.#tiersOf = tiersOf;
    this.#byHost = Array.from({ length: hosts }, (_, host) => ({ host, bytes: [], due: false }));
    this.#flush = sim.handler('tiers.written', this.#send.bind(this), ({ host }) => host);
  }

  written(host: HostId, tier: number, sizeBytes: number, cause: WriteCause): void {
    // By name of each: an access by a name that varies is many times slower.
    if (cause === 'entry') this.bytes.entry += sizeBytes;
    else if (cause === 'demotion') this.bytes.demotion += sizeBytes;
    else if (cause === 'promotion') this.bytes.promotion += sizeBytes;
    else this.bytes.through += sizeBytes;
    if (this.#tiersOf(host)[tier].name === 'memory') return;
    const writes = this.#byHost[host];
    writes.bytes[tier] = (writes.bytes[tier] ?? 0) + sizeBytes;
    if (writes.due) return;
    writes.due = true;
    this.#sim.schedule(0, this.#flush, writes);
  }

  #send(writes: Writes): void {
    const { host, bytes } = writes;
    writes.due = false;
    bytes.forEach((sizeBytes, tier) => {
      if (sizeBytes === 0) return;
      bytes[tier] = 0;
      this.#network.transfer({ from: host, to: host, sizeBytes, extraLinks: [this.#tiersOf(host)[tier].writeLink] }, ignoreEnd, undefined);
    });
  }
}

function ignoreEnd(): void {
  // A write that fails with its host has nothing left to undo.
}
