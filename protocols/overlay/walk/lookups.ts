import type { Handler } from '../../../sim/kernel/simulator.ts';
import type { Id } from '../id-space.ts';
import { JOIN, LOOKUP, REPAIR } from '../ledger.ts';
import { LookupRecord } from '../lookup-record.ts';
import type { NodeSet } from '../node-set.ts';
import type { LookupCallback, NodeIndex } from '../overlay.ts';
import type { RpcTable } from '../rpc.ts';
import { SlotTable } from '../slot-table.ts';
import { JOINED, JOINING } from '../transport.ts';
import { IterativeSearch } from './iterative.ts';
import type { WalkOptions } from './options.ts';
import { RecursiveSearch } from './recursive.ts';
import type { Router } from './router.ts';

/** Checks whether a peer that did not answer is dead. */
export type Suspect = (node: NodeIndex, peer: NodeIndex) => void;

/** What a search needs of its surroundings. */
export interface SearchContext {
  readonly protocol: string;
  readonly nodes: NodeSet;
  readonly router: Router;
  readonly rpc: RpcTable;
  readonly options: WalkOptions;
  readonly suspect: Suspect;
  lookup(number: number): LookupRecord | undefined;
  /** Do lookups of this purpose ask the owner? Those that only refresh pointers do not. */
  confirms(purpose: number): boolean;
  /** Ends a lookup at an owner; `contacts` are the owner and its followers, as `by` named them. */
  found(lookup: LookupRecord, contacts: readonly NodeIndex[], by: NodeIndex): void;
  /** No way from here: start afresh, or fail. */
  stuck(lookup: LookupRecord): void;
}

/** One way of walking to the owner: iterative or recursive. */
export interface Search {
  start(lookup: LookupRecord): void;
  /** The lookup has ended; forget what was kept for it. */
  ended(lookup: LookupRecord): void;
}

/** The lookups in progress of all nodes: their beginning, fresh starts and end. */
export class WalkLookups implements SearchContext {
  readonly protocol: string;
  readonly nodes: NodeSet;
  readonly router: Router;
  readonly rpc: RpcTable;
  readonly options: WalkOptions;
  readonly suspect: Suspect;
  private readonly running = new SlotTable<LookupRecord>();
  private readonly search: Search;
  private readonly endLater: Handler<number>;
  private readonly startLater: Handler<number>;

  constructor(protocol: string, nodes: NodeSet, router: Router, rpc: RpcTable, options: WalkOptions, suspect: Suspect) {
    this.protocol = protocol;
    this.nodes = nodes;
    this.router = router;
    this.rpc = rpc;
    this.options = options;
    this.suspect = suspect;
    this.search = options.lookup === 'iterative' ? new IterativeSearch(this) : new RecursiveSearch(this);
    this.endLater = nodes.simulator.handler(`${protocol} lookup ends`, (number: number) => {
      const lookup = this.running.get(number);
      if (lookup !== undefined) this.end(lookup);
    });
    this.startLater = nodes.simulator.handler(`${protocol} lookup starts afresh`, (number: number) => {
      const lookup = this.running.get(number);
      if (lookup !== undefined) this.begin(lookup);
    });
  }

  start(origin: NodeIndex, key: Id, purpose: number, done: LookupCallback, payload: number, via: NodeIndex = -1): number {
    // A search for an own place elsewhere is repeated by its caller, if at all.
    const retries = purpose === REPAIR ? 0 : this.options.lookupRetries;
    const lookup = new LookupRecord(origin, key, purpose, this.nodes.simulator.now, done, payload, via, retries);
    lookup.number = this.running.open(lookup);
    this.begin(lookup);
    return lookup.number;
  }

  cancel(number: number): boolean {
    const lookup = this.running.get(number);
    if (lookup === undefined) return false;
    this.running.close(number);
    this.search.ended(lookup);
    return true;
  }

  confirms(purpose: number): boolean {
    return this.options.confirmOwner && (purpose === LOOKUP || purpose === JOIN);
  }

  lookup(number: number): LookupRecord | undefined {
    return this.running.get(number);
  }

  /** Ends inside the present event only where a message brought the result. */
  found(lookup: LookupRecord, contacts: readonly NodeIndex[], by: NodeIndex): void {
    lookup.ok = true;
    lookup.owner = contacts[0];
    lookup.answeredBy = by;
    lookup.replicas = contacts;
    if (this.beginning === lookup) this.nodes.simulator.schedule(0, this.endLater, lookup.number);
    else this.end(lookup);
  }

  stuck(lookup: LookupRecord): void {
    const { simulator, transport } = this.nodes;
    const mayGoOn = lookup.via >= 0 ? JOINING : JOINED;
    if (lookup.retriesLeft > 0 && transport.runs(lookup.origin) && transport.phase[lookup.origin] >= mayGoOn) {
      lookup.retriesLeft--;
      simulator.schedule(this.options.rpcTimeoutNs, this.startLater, lookup.number);
    } else if (this.beginning === lookup) simulator.schedule(0, this.endLater, lookup.number);
    else this.end(lookup);
  }

  private beginning: LookupRecord | undefined;

  private begin(lookup: LookupRecord): void {
    const { transport } = this.nodes;
    const outer = this.beginning;
    this.beginning = lookup;
    lookup.hops = 0;
    lookup.redirects = 0;
    const mayStart = transport.runs(lookup.origin) && (lookup.via >= 0 || transport.phase[lookup.origin] === JOINED);
    if (!mayStart) this.stuck(lookup);
    else if (lookup.via < 0 && this.options.checkOwner && this.router.owns(lookup.origin, lookup.key)) {
      this.found(lookup, this.router.ownReplicas(lookup.origin, lookup.key), lookup.origin);
    } else this.search.start(lookup);
    this.beginning = outer;
  }

  private end(lookup: LookupRecord): void {
    if (!this.running.close(lookup.number)) return;
    this.search.ended(lookup);
    lookup.rounds = lookup.hops;
    lookup.ownerRounds = lookup.hops;
    lookup.latencyNs = this.nodes.simulator.now - lookup.startNs;
    lookup.done(lookup, lookup.payload);
  }
}
