import type { HostId } from './topology.ts';

/** Names one partition in force. */
export type PartitionId = number;

/**
 * Which hosts are up, and which can reach which.
 *
 * Several partitions may be in force at once; two hosts reach each other when every one of them has both in the same group. Hosts that a
 * partition does not list form one more group of it.
 */
export class Reachability {
  readonly #hostCount: number;
  /** Crashes and recoveries of each host so far: odd while it is down. */
  readonly #turns: Uint32Array;
  #side: Int32Array | undefined;
  readonly #partitions = new Map<PartitionId, Int32Array>();
  #lastPartition = 0;

  constructor(hostCount: number) {
    this.#hostCount = hostCount;
    this.#turns = new Uint32Array(hostCount);
  }

  isAlive(host: HostId): boolean {
    return (this.#turns[host] & 1) === 0;
  }

  /** Number of times that the host has crashed: a message belongs to the life of its ends in which it was sent. */
  crashes(host: HostId): number {
    return (this.#turns[host] + 1) >>> 1;
  }

  /** False when the host was down already. */
  crash(host: HostId): boolean {
    if (!this.isAlive(host)) return false;
    this.#turns[host]++;
    return true;
  }

  /** False when the host was up already. */
  recover(host: HostId): boolean {
    if (this.isAlive(host)) return false;
    this.#turns[host]++;
    return true;
  }

  /** Whether no partition lies between two hosts; says nothing of their being up. */
  connected(a: HostId, b: HostId): boolean {
    return this.#side === undefined || this.#side[a] === this.#side[b];
  }

  /** @throws RangeError on a host that does not exist or is listed twice */
  partition(groups: readonly (readonly HostId[])[]): PartitionId {
    const group = new Int32Array(this.#hostCount);
    for (let g = 0; g < groups.length; g++) {
      for (const host of groups[g]) {
        if (!(Number.isInteger(host) && host >= 0 && host < this.#hostCount)) {
          throw new RangeError(`partition group ${g} lists host ${host}; expected an index from 0 to ${this.#hostCount - 1}`);
        }
        if (group[host] !== 0) throw new RangeError(`partition lists host ${host} twice`);
        group[host] = g + 1;
      }
    }
    const id = ++this.#lastPartition;
    this.#partitions.set(id, group);
    this.#side = this.#sides();
    return id;
  }

  /** Ends one partition, or all. */
  heal(id?: PartitionId): void {
    if (id === undefined) this.#partitions.clear();
    else this.#partitions.delete(id);
    this.#side = this.#sides();
  }

  /** Numbers the classes of hosts that share their group in every partition. */
  #sides(): Int32Array | undefined {
    let side: Int32Array | undefined;
    for (const group of this.#partitions.values()) {
      if (side === undefined) {
        side = group.slice();
        continue;
      }
      const classes = new Map<number, number>();
      for (let host = 0; host < this.#hostCount; host++) {
        const pair = side[host] * (this.#hostCount + 1) + group[host];
        let number = classes.get(pair);
        if (number === undefined) {
          number = classes.size;
          classes.set(pair, number);
        }
        side[host] = number;
      }
    }
    return side;
  }
}
