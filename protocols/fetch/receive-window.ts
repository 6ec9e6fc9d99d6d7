import type { HostId } from '../../sim/network/topology.ts';

/** How much may be on its way to one node. */
export interface WindowLimits {
  /** Bytes asked for and not received, from all holders together. */
  readonly windowBytes: number;
  /** The same from one holder. */
  readonly peerWindowBytes: number;
}

/**
 * Flow control at the receiver: a node asks for no more than its window holds, over all its fetches, and of one holder no more than that peer's share. A
 * segment larger than a window may come alone, or it never would.
 */
export class ReceiveWindow {
  readonly #limits: WindowLimits;
  readonly #hosts: number;
  readonly #byHost: Float64Array;
  /** By receiver and holder. */
  readonly #byPair: Float64Array;
  #mostBytes = 0;

  constructor(limits: WindowLimits, hosts: number) {
    this.#limits = limits;
    this.#hosts = hosts;
    this.#byHost = new Float64Array(hosts);
    this.#byPair = new Float64Array(hosts * hosts);
  }

  /** The most bytes that any node has waited for at once. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  /** Bytes that all nodes wait for. */
  get awaitedBytes(): number {
    return this.#byHost.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Whether a window is limited at all. */
  get isLimited(): boolean {
    return this.#limits.windowBytes < Infinity || this.#limits.peerWindowBytes < Infinity;
  }

  /** How many of these segments, from the first, may be asked of a holder now. */
  fits(host: HostId, holder: HostId, sizes: readonly number[]): number {
    const waited = this.#byHost[host];
    const waitedHere = this.#byPair[host * this.#hosts + holder];
    let sum = 0;
    for (let i = 0; i < sizes.length; i++) {
      sum += sizes[i];
      if (!within(waited, sum, i, this.#limits.windowBytes) || !within(waitedHere, sum, i, this.#limits.peerWindowBytes)) return i;
    }
    return sizes.length;
  }

  /** Segments have been asked for. @throws Error where `fits` would have refused them */
  open(host: HostId, holder: HostId, sizes: readonly number[]): void {
    if (this.fits(host, holder, sizes) < sizes.length) throw new Error(`node ${host} asked node ${holder} for more than its window holds`);
    for (const sizeBytes of sizes) {
      this.#byHost[host] += sizeBytes;
      this.#byPair[host * this.#hosts + holder] += sizeBytes;
    }
    this.#mostBytes = Math.max(this.#mostBytes, this.#byHost[host]);
  }

  /** One of them has come, or will not. */
  close(host: HostId, holder: HostId, sizeBytes: number): void {
    this.#byHost[host] -= sizeBytes;
    this.#byPair[host * this.#hosts + holder] -= sizeBytes;
    if (this.#byHost[host] < 0 || this.#byPair[host * this.#hosts + holder] < 0) throw new Error(`node ${host} received more from node ${holder} than it had asked for`);
  }
}

/** Beside what is on its way the next one fits, or there is nothing else and it is the first. */
function within(waitedBytes: number, sumBytes: number, index: number, limitBytes: number): boolean {
  return waitedBytes + sumBytes <= limitBytes || (waitedBytes === 0 && index === 0);
}
