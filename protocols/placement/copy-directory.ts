import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { HostId } from '../../sim/network/topology.ts';

/** What one replica holder has been told of further copies of its segments: who keeps one, and until when that may be passed on. */
export class CopyDirectory {
  readonly #bySegment = new Map<number, Map<HostId, Nanoseconds>>();

  /** A host says that it has a copy; the news hold until `endNs`. */
  tell(segment: number, host: HostId, endNs: Nanoseconds): void {
    const copies = this.#bySegment.get(segment);
    if (copies === undefined) this.#bySegment.set(segment, new Map([[host, endNs]]));
    else copies.set(host, endNs);
  }

  /** The host turned out not to have it. False where nothing was known of it. */
  drop(segment: number, host: HostId): boolean {
    const copies = this.#bySegment.get(segment);
    if (copies?.delete(host) !== true) return false;
    if (copies.size === 0) this.#bySegment.delete(segment);
    return true;
  }

  /** Hosts whose news still hold, those that came first at the front; the asker left out. */
  holders(segment: number, asker: HostId, nowNs: Nanoseconds): HostId[] {
    const copies = this.#bySegment.get(segment);
    if (copies === undefined) return [];
    const hosts: HostId[] = [];
    for (const [host, endNs] of copies) {
      if (endNs <= nowNs) copies.delete(host);
      else if (host !== asker) hosts.push(host);
    }
    if (copies.size === 0) this.#bySegment.delete(segment);
    return hosts;
  }
}
