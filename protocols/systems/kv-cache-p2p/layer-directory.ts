import type { HostId } from '../../../sim/network/topology.ts';
import type { LayerKey } from './messages.ts';

/** A layer that is looked for or told of: its name on the wire, and its entry in stores. */
export interface NamedLayer {
  readonly key: LayerKey;
  /** Entry id in every node's store. */
  readonly id: number;
}

/** What a lookup found and cost. */
export interface FoundLayer {
  /** Who is said to hold it, best first; answers that come late are added. */
  readonly holders: readonly HostId[];
  readonly hops: number;
  readonly timeouts: number;
}

/** What lookups have sent so far, answers included. */
export interface LookupTraffic {
  readonly lookups: number;
  readonly messages: number;
  readonly bytes: number;
}

/** Finds out who holds a layer: by asking every peer, or over a DHT. */
export interface LayerDirectory {
  /** `done` is called once, never inside this call; without holders where nobody has it. */
  find(from: HostId, layer: NamedLayer, done: (found: FoundLayer) => void): void;
  /** A node holds these layers from now on. */
  publish(host: HostId, layers: readonly NamedLayer[]): void;
  /** A node held this layer before time 0. */
  preload(host: HostId, layer: NamedLayer): void;
  traffic(): LookupTraffic;
}
