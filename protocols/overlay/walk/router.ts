import type { Id } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';

/** The routing decisions of a protocol that walks greedily towards the owner; each reads the state of one node only. */
export interface Router {
  /** The outcome of the latest `route`: does the node know the owner? */
  readonly done: boolean;
  /** Where `done`: the owner. Otherwise the next hop, or −1 where every way is excluded. */
  readonly next: NodeIndex;
  /** Entries passed over because they were excluded. */
  readonly passedOver: number;
  /** Decides for `node`; `exclude` are peers that this lookup found dead. */
  route(node: NodeIndex, key: Id, exclude: readonly NodeIndex[]): void;
  /** The owner and the next holders, after a `route` of this node that was done. */
  owners(node: NodeIndex, key: Id): readonly NodeIndex[];
  /** Does the node, by its own tables, own the key? */
  owns(node: NodeIndex, key: Id): boolean;
  /** The replica set as the owner itself knows it, the owner first. */
  ownReplicas(node: NodeIndex, key: Id): readonly NodeIndex[];
  /** A peer that the presumed owner knows to be nearer to owning the key; −1 where there is none. */
  nearerOwner(node: NodeIndex, key: Id): NodeIndex;
}
