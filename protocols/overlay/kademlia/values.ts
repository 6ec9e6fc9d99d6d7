import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { Id } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';

/** What is stored under a key: only its size matters to the protocol; the token tells values apart. */
export interface StoredValue {
  readonly token: number;
  readonly sizeBytes: number;
}

export interface ValueRecord {
  readonly key: Id;
  value: StoredValue;
  expiresNs: Nanoseconds;
  /** When this node last received or sent it; whoever stored it then stored it on the others too. */
  storedNs: Nanoseconds;
}

/** The key–value pairs that each node holds. */
export class ValueStore {
  private readonly byNode = new Map<NodeIndex, Map<string, ValueRecord>>();
  private readonly nameOf: (key: Id) => string;

  constructor(nameOf: (key: Id) => string) {
    this.nameOf = nameOf;
  }

  put(node: NodeIndex, key: Id, value: StoredValue, nowNs: Nanoseconds, expiresNs: Nanoseconds): void {
    let records = this.byNode.get(node);
    if (records === undefined) {
      records = new Map();
      this.byNode.set(node, records);
    }
    const name = this.nameOf(key);
    const record = records.get(name);
    if (record === undefined) records.set(name, { key, value, expiresNs, storedNs: nowNs });
    else {
      record.value = value;
      record.expiresNs = Math.max(record.expiresNs, expiresNs);
      record.storedNs = nowNs;
    }
  }

  /** The value under a key, unless it has expired. */
  get(node: NodeIndex, key: Id, nowNs: Nanoseconds): ValueRecord | undefined {
    const records = this.byNode.get(node);
    if (records === undefined) return undefined;
    const name = this.nameOf(key);
    const record = records.get(name);
    if (record === undefined || record.expiresNs > nowNs) return record;
    records.delete(name);
    return undefined;
  }

  /** All that a node holds, what has expired taken out. */
  list(node: NodeIndex, nowNs: Nanoseconds): ValueRecord[] {
    const records = this.byNode.get(node);
    if (records === undefined) return [];
    for (const [name, record] of records) if (record.expiresNs <= nowNs) records.delete(name);
    return [...records.values()];
  }

  forget(node: NodeIndex): void {
    this.byNode.delete(node);
  }
}
