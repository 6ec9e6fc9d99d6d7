/**
 * One simulated overlay: all its nodes, their routing state and the messages between them.
 *
 * A protocol implements this interface; one conformance suite holds every implementation to it. Nodes are numbered 0 … nodeCount − 1,
 * each with a fixed identifier and a host of the network that it runs on (several nodes may share a host: virtual nodes).
 * A node knows only what messages told it. A crash is `network.crash(host)`: the overlay is not told, its nodes find out by timeout.
 */
import type { HostId } from '../../sim/network/topology.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Id, IdSpace } from './id-space.ts';
import type { MessageLedger } from './ledger.ts';

export type NodeIndex = number;
/** Names one running lookup. */
export type LookupHandle = number;
export type Protocol = 'chord' | 'kademlia' | 'pastry';

/** What a lookup found and what it cost. Valid for as long as the caller keeps it. */
export interface LookupResult {
  readonly origin: NodeIndex;
  readonly key: Id;
  /** False where no owner was found: no route left, the initiator died, or attempts used up. */
  readonly ok: boolean;
  /** The node that the protocol holds responsible for the key; −1 where the lookup failed. */
  readonly owner: NodeIndex;
  /** The node that named the owner, the initiator itself where its own tables did; −1 where the lookup failed. */
  readonly answeredBy: NodeIndex;
  /** The owner and the nodes that hold its replicas, nearest first, as the answering node knew them. */
  readonly replicas: readonly NodeIndex[];
  /** Messages from a node to the next node of the path, under the protocol's own definition (see each protocol's options). */
  readonly hops: number;
  /** Of `hops`, those from a node that was named the owner back to one nearer to the key (WalkOptions.ownerRedirects). */
  readonly redirects: number;
  /** Kademlia: rounds of requests until the lookup ended; otherwise as `hops`. */
  readonly rounds: number;
  /** Kademlia: rounds until the owner first appeared in an answer; otherwise as `hops`. */
  readonly ownerRounds: number;
  readonly latencyNs: Nanoseconds;
  /** Waits that expired on a peer that this lookup had not yet found dead. */
  readonly timeouts: number;
  /** Routing entries naming a dead peer that were passed over, repeats included: what a walker without memory would wait for. */
  readonly deadEntries: number;
  /** Messages sent for this lookup, answers and acknowledgements included. */
  readonly messages: number;
}

export type LookupCallback = (result: LookupResult, payload: number) => void;

/** Hears what happens to membership; ground truth and harnesses listen, protocols do not. */
export interface OverlayObserver {
  joined?(node: NodeIndex): void;
  left?(node: NodeIndex): void;
}

export interface Overlay {
  readonly protocol: Protocol;
  readonly space: IdSpace;
  /** Identifiers of all nodes, flat, `space.words` words each. */
  readonly ids: Uint32Array;
  readonly nodeCount: number;
  readonly ledger: MessageLedger;

  idOf(node: NodeIndex): Id;
  hostOf(node: NodeIndex): HostId;
  /** Has this node completed its join, and not left since? A crashed node stays a member: nobody told it otherwise. */
  isMember(node: NodeIndex): boolean;

  /** Starts joining through a node that is a member already; without one, the node starts an overlay of its own. Starts afresh if it was a member. */
  join(node: NodeIndex, bootstrap: NodeIndex | undefined): void;
  /** Tells the neighbours and goes: the node answers nothing from now on. */
  leave(node: NodeIndex): void;
  /** Makes exactly these nodes members, with the tables a long-settled overlay would have. */
  buildConverged(nodes: readonly NodeIndex[]): void;

  /** Finds the owner of a key. `done` is called exactly once, never inside this call. */
  lookup(from: NodeIndex, key: Id, done: LookupCallback, payload?: number): LookupHandle;
  /** Forgets a running lookup: `done` is not called. False where it has ended already. */
  cancelLookup(handle: LookupHandle): boolean;

  /** The at most r nodes that `node` itself believes hold the replicas of `key`, nearest first; empty where its tables cannot tell. */
  neighbours(node: NodeIndex, key: Id, r: number): NodeIndex[];
  /** Distinct peers that `node` has in its tables. */
  peers(node: NodeIndex): NodeIndex[];
  /** Plain data for pictures. */
  state(node: NodeIndex): RoutingState;
  observe(observer: OverlayObserver): void;
}

export interface PeerView {
  readonly node: NodeIndex;
  readonly id: string;
}

export type RoutingState =
  | {
      readonly protocol: 'chord';
      readonly node: NodeIndex;
      readonly id: string;
      readonly predecessor: PeerView | undefined;
      readonly successors: readonly PeerView[];
      /** Finger i: the believed successor of id + 2^i. Unknown ones are left out. */
      readonly fingers: readonly { readonly exponent: number; readonly start: string; readonly peer: PeerView }[];
    }
  | {
      readonly protocol: 'kademlia';
      readonly node: NodeIndex;
      readonly id: string;
      /** Bucket index: levels · (2^b − 1) + digit − 1, where the level is the first digit (of b bits) that differs and the digit what it differs by;
       * with b = 1, the shared prefix length. Peers least recently seen first; empty buckets are left out. */
      readonly buckets: readonly { readonly index: number; readonly peers: readonly PeerView[]; readonly replacements: readonly PeerView[] }[];
    }
  | {
      readonly protocol: 'pastry';
      readonly node: NodeIndex;
      readonly id: string;
      /** Row l: peers that share l leading digits, by their next digit; undefined where none is known. */
      readonly rows: readonly (readonly (PeerView | undefined)[])[];
      /** Nearest first on each side. */
      readonly smallerLeaves: readonly PeerView[];
      readonly largerLeaves: readonly PeerView[];
      readonly neighbourhood: readonly PeerView[];
    };
