import { Deadlines } from '../deadlines.ts';
import type { LookupRecord } from '../lookup-record.ts';
import type { NodeIndex } from '../overlay.ts';
import type { Answer, Request, RpcClient } from '../rpc.ts';
import { SlotTable } from '../slot-table.ts';
import { JOINING } from '../transport.ts';
import type { OverlayMessage } from '../transport.ts';
import type { Search, SearchContext } from './lookups.ts';
import { walkMessages } from './messages.ts';
import type { Found, RouteRequest } from './messages.ts';

const NOBODY: readonly NodeIndex[] = [];
/** Calls without a list of dead peers; others carry their list's number. */
const NO_LIST = -1;

/** A query as one node is about to treat it: the route request without its addresses. */
type Query = Pick<RouteRequest, 'lookup' | 'origin' | 'key' | 'purpose' | 'hops' | 'final' | 'redirects' | 'timeouts' | 'deadEntries' | 'messages'>;

/**
 * Each node passes the query on; the owner's predecessor (or the owner, where it is confirmed) answers the initiator. Every pass is
 * acknowledged, so a node finds its dead next hop and tries the next best; the initiator's own timer covers all that can still go wrong.
 */
export class RecursiveSearch implements Search, RpcClient {
  private readonly context: SearchContext;
  /** Peers that a node found dead while it tried to pass one query on. */
  private readonly deadLists = new SlotTable<NodeIndex[]>();
  private readonly route: OverlayMessage<RouteRequest>;
  private readonly routeAck: OverlayMessage<Answer>;
  private readonly foundMessage: OverlayMessage<Found>;
  private readonly deadlines: Deadlines;
  private readonly hopLimit: number;

  constructor(context: SearchContext) {
    this.context = context;
    this.hopLimit = context.options.hopLimit > 0 ? context.options.hopLimit : 4 * context.nodes.space.bits;
    const { transport, simulator } = context.nodes;
    const messages = walkMessages(context.protocol);
    this.route = transport.register(messages.route, this.onRoute.bind(this));
    this.routeAck = transport.register(messages.routeAck, (m) => {
      context.rpc.settle(m);
    }, JOINING);
    this.foundMessage = transport.register(messages.found, this.onFound.bind(this), JOINING);
    this.deadlines = new Deadlines(
      simulator,
      `${context.protocol} lookup overdue`,
      context.options.lookupTimeoutNs,
      (number, deadlineNs) => context.lookup(number)?.deadlineNs === deadlineNs,
      (number) => {
        const lookup = context.lookup(number)!;
        lookup.deadlineNs = 0;
        context.stuck(lookup);
      },
    );
  }

  start(lookup: LookupRecord): void {
    const { origin, key, purpose } = lookup;
    if (lookup.deadlineNs === 0) lookup.deadlineNs = this.deadlines.start(lookup.number);
    const query: Query = {
      lookup: lookup.number,
      origin,
      key,
      purpose,
      hops: 0,
      final: false,
      redirects: 0,
      timeouts: lookup.timeouts,
      deadEntries: lookup.deadEntries,
      messages: lookup.messages,
    };
    if (lookup.via >= 0) this.pass(origin, lookup.via, query, 0, false, NO_LIST);
    else this.decide(origin, query, NOBODY, NO_LIST);
  }

  ended(lookup: LookupRecord): void {
    lookup.deadlineNs = 0;
  }

  /** A hop was acknowledged. */
  onAnswer(list: number): void {
    if (list !== NO_LIST) this.deadLists.close(list);
  }

  onAbandoned(list: number): void {
    if (list !== NO_LIST) this.deadLists.close(list);
  }

  onTimeout(list: number, request: Request): void {
    const query = request as RouteRequest;
    const node = query.from;
    this.context.suspect(node, query.to);
    let dead = this.deadLists.get(list);
    if (list === NO_LIST || dead === undefined) {
      dead = [];
      list = this.deadLists.open(dead);
    }
    dead.push(query.to);
    if (query.hops === 0) {
      // The first node to ask, named by whoever joins: there is no second.
      this.deadLists.close(list);
      const lookup = this.context.lookup(query.lookup);
      if (lookup === undefined || query.origin !== node) return;
      lookup.timeouts++;
      this.context.stuck(lookup);
      return;
    }
    // What is final and was redirected before was redirected by this node, and did not arrive.
    const redirects = query.final ? Math.max(0, query.redirects - 1) : query.redirects;
    const retried: Query = { ...query, hops: query.hops - 1, final: false, redirects, timeouts: query.timeouts + 1 };
    // An owner that passed the query back to its predecessor, in vain, is the owner after all.
    const { router } = this.context;
    const nearer = query.final ? router.nearerOwner(node, query.key) : -1;
    if (query.final && (nearer === query.to || router.owns(node, query.key))) {
      this.answer(node, retried, router.ownReplicas(node, query.key), list);
    } else this.decide(node, retried, dead, list);
  }

  private decide(node: NodeIndex, query: Query, dead: readonly NodeIndex[], list: number): void {
    const { router } = this.context;
    if (query.hops > this.hopLimit) {
      this.answer(node, query, NOBODY, list);
      return;
    }
    router.route(node, query.key, dead);
    const { next, passedOver } = router;
    const counted = passedOver === 0 ? query : { ...query, deadEntries: query.deadEntries + passedOver };
    // A node that joins is not the next hop towards its own place, whatever old pointers to it say.
    const ownPlace = next === query.origin && query.hops > 0;
    if (!router.done) {
      if (next < 0 || ownPlace) this.answer(node, counted, NOBODY, list);
      else this.pass(node, next, counted, counted.hops + 1, false, list);
    } else if (this.context.confirms(query.purpose) && next !== node && !ownPlace) this.pass(node, next, counted, counted.hops + 1, true, list);
    else this.answer(node, counted, router.owners(node, query.key), list);
  }

  private pass(node: NodeIndex, next: NodeIndex, query: Query, hops: number, final: boolean, list: number): void {
    const { nodes, rpc, options } = this.context;
    const acked = options.hopAcks;
    const number = acked ? rpc.open(this, list, options.lookupAttempts) : 0;
    const message: RouteRequest = {
      to: next,
      from: node,
      rpc: number,
      purpose: query.purpose,
      lookup: query.lookup,
      origin: query.origin,
      key: query.key,
      hops,
      final,
      redirects: query.redirects,
      timeouts: query.timeouts,
      deadEntries: query.deadEntries,
      messages: query.messages + (acked ? 2 : 1),
    };
    if (acked) rpc.send(this.route, message);
    else nodes.transport.send(this.route, message, query.purpose);
  }

  private answer(node: NodeIndex, query: Query, contacts: readonly NodeIndex[], list: number): void {
    if (list !== NO_LIST) this.deadLists.close(list);
    const { lookup, hops, redirects, timeouts, deadEntries, messages } = query;
    const found: Found = { to: query.origin, from: node, lookup, hops, contacts, redirects, timeouts, deadEntries, messages: node === query.origin ? messages : messages + 1 };
    if (node === query.origin) this.onFound(found);
    else this.context.nodes.transport.send(this.foundMessage, found, query.purpose);
  }

  private onRoute(m: RouteRequest): void {
    const { nodes, router, options } = this.context;
    if (options.hopAcks) nodes.transport.send(this.routeAck, { to: m.from, from: m.to, rpc: m.rpc }, m.purpose);
    if (!m.final) {
      this.decide(m.to, m, NOBODY, NO_LIST);
      return;
    }
    const nearer = options.ownerRedirects ? router.nearerOwner(m.to, m.key) : -1;
    if (nearer < 0 || nearer === m.from || nearer === m.origin || m.hops > this.hopLimit) this.answer(m.to, m, router.ownReplicas(m.to, m.key), NO_LIST);
    else this.pass(m.to, nearer, { ...m, redirects: m.redirects + 1 }, m.hops + 1, true, NO_LIST);
  }

  private onFound(m: Found): void {
    const lookup = this.context.lookup(m.lookup);
    if (lookup?.origin !== m.to) return;
    lookup.hops = m.hops;
    lookup.redirects = m.redirects;
    lookup.timeouts = m.timeouts;
    lookup.deadEntries = m.deadEntries;
    lookup.messages = m.messages;
    if (m.contacts.length > 0) this.context.found(lookup, m.contacts, m.from);
    else {
      this.ended(lookup);
      this.context.stuck(lookup);
    }
  }
}
