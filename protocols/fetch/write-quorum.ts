import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { HostId } from '../../sim/network/topology.ts';

/** When a write counts. */
export interface WriteQuorumOptions {
  /** Replicas that have to acknowledge each segment; 0 for fire and forget: nobody acknowledges, nobody waits. */
  readonly acknowledgements: number;
  /** Wait for acknowledgements, once the last copy has been sent, before the rest is sent again. */
  readonly timeoutNs: Nanoseconds;
  /** Times that it is sent again before the write has failed. */
  readonly retries: number;
}

/** Who has acknowledged the segments of one write. */
export class WriteQuorum {
  readonly startNs: Nanoseconds;
  /** Times it has been sent again. */
  resent = 0;
  /** Met or given up. */
  over = false;
  readonly #needed: number;
  readonly #byId = new Map<number, Set<HostId>>();
  #unmet = 0;

  constructor(needed: number, startNs: Nanoseconds) {
    this.#needed = needed;
    this.startNs = startNs;
  }

  /** A segment of the write, by store id. */
  expect(id: number): void {
    if (this.#byId.has(id)) return;
    this.#byId.set(id, new Set());
    this.#unmet++;
  }

  acknowledge(id: number, host: HostId): void {
    const hosts = this.#byId.get(id);
    if (hosts === undefined || hosts.has(host)) return;
    hosts.add(host);
    if (hosts.size === this.#needed) this.#unmet--;
  }

  /** A holder that has acknowledged needs no second copy, and a segment with enough holders no other. */
  needs(id: number, host: HostId): boolean {
    const hosts = this.#byId.get(id);
    return hosts !== undefined && hosts.size < this.#needed && !hosts.has(host);
  }

  get met(): boolean {
    return this.#unmet === 0;
  }
}
