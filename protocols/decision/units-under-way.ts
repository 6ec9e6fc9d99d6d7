import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { PeerNode } from '../systems/peer-node.ts';

/** What brings a unit into a node's GPU memory. */
export type Work = 'transfer' | 'prefill';

interface Entry {
  readonly owner: object;
  readonly work: Work;
  readonly expectedNs: Nanoseconds;
  readonly waiters: ((arrived: boolean, work: Work) => void)[];
}

/** Units that some request of a node is fetching or computing now, and the requests that wait for that instead of doing it again. */
export class UnitsUnderWay {
  readonly #byNode = new Map<PeerNode, Map<number, Entry>>();

  /** The owner has begun. What another began before stays what is waited for. */
  begin(node: PeerNode, unit: number, owner: object, work: Work, expectedNs: Nanoseconds): void {
    let entries = this.#byNode.get(node);
    if (entries === undefined) this.#byNode.set(node, (entries = new Map<number, Entry>()));
    if (!entries.has(unit)) entries.set(unit, { owner, work, expectedNs, waiters: [] });
  }

  /** When it is expected to be here; undefined where nobody brings it. */
  expectedNs(node: PeerNode, unit: number): Nanoseconds | undefined {
    return this.#byNode.get(node)?.get(unit)?.expectedNs;
  }

  /** @param told once, when it is here or will not come by this work @throws Error where nobody brings it */
  join(node: PeerNode, unit: number, told: (arrived: boolean, work: Work) => void): void {
    const entry = this.#byNode.get(node)?.get(unit);
    if (entry === undefined) throw new Error(`nobody brings unit ${unit} to node ${node.host}`);
    entry.waiters.push(told);
  }

  /** The owner has it in GPU memory, or has given it up. Not its own entries are left alone. */
  end(node: PeerNode, unit: number, owner: object, arrived: boolean): void {
    const entries = this.#byNode.get(node);
    const entry = entries?.get(unit);
    if (entry?.owner !== owner) return;
    entries!.delete(unit);
    for (const told of entry.waiters) told(arrived, entry.work);
  }

  /** The owner brings nothing any more. */
  drop(node: PeerNode, owner: object): void {
    for (const [unit, entry] of [...(this.#byNode.get(node) ?? [])]) if (entry.owner === owner) this.end(node, unit, owner, false);
  }
}
