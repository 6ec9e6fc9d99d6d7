import type { LookupRecord } from '../lookup-record.ts';
import type { NodeIndex } from '../overlay.ts';
import type { Answer, Request, RpcClient } from '../rpc.ts';
import { JOINING } from '../transport.ts';
import type { OverlayMessage } from '../transport.ts';
import type { Search, SearchContext } from './lookups.ts';
import { walkMessages } from './messages.ts';
import type { ConfirmAnswer, ConfirmRequest, StepAnswer, StepRequest } from './messages.ts';

const NOBODY: readonly NodeIndex[] = [];

/** Where one iterative lookup stands. */
interface Walk {
  /** Nodes that answered, in order; a dead next hop is replaced by asking the last of them again. */
  path: NodeIndex[];
  /** Peers found dead by this lookup. */
  exclude: NodeIndex[];
  /** Candidates for the owner while it is being confirmed, nearest first. */
  owners: readonly NodeIndex[];
  /** Has a node that was named the owner answered? */
  confirmed: boolean;
  asked: NodeIndex;
  askedAgain: boolean;
  call: number;
  steps: number;
}

/**
 * The initiator asks each node for the next. A hop is a node that answered for the first time, so the path ends at the owner's
 * predecessor; asking the owner itself (confirmOwner) is one hop more.
 */
export class IterativeSearch implements Search, RpcClient {
  private readonly context: SearchContext;
  private readonly walks = new Map<number, Walk>();
  private readonly step: OverlayMessage<StepRequest>;
  private readonly stepAnswer: OverlayMessage<StepAnswer>;
  private readonly confirm: OverlayMessage<ConfirmRequest>;
  private readonly confirmAnswer: OverlayMessage<ConfirmAnswer>;
  private readonly stepLimit: number;

  constructor(context: SearchContext) {
    this.context = context;
    this.stepLimit = context.options.hopLimit > 0 ? context.options.hopLimit : 4 * context.nodes.space.bits;
    const { transport } = context.nodes;
    const messages = walkMessages(context.protocol);
    this.step = transport.register(messages.step, (m) => {
      this.onStep(m);
    });
    this.stepAnswer = transport.register(messages.stepAnswer, (m) => {
      context.rpc.settle(m);
    }, JOINING);
    this.confirm = transport.register(messages.confirm, (m) => {
      this.onConfirm(m);
    });
    this.confirmAnswer = transport.register(messages.confirmAnswer, (m) => {
      context.rpc.settle(m);
    }, JOINING);
  }

  start(lookup: LookupRecord): void {
    const walk: Walk = { path: [], exclude: [], owners: NOBODY, confirmed: false, asked: -1, askedAgain: false, call: -1, steps: 0 };
    this.walks.set(lookup.number, walk);
    if (lookup.via < 0) {
      walk.path.push(lookup.origin);
      this.decideLocally(lookup, walk);
    } else {
      // A node that joins is not its own next hop, whatever old pointers to it say.
      walk.exclude.push(lookup.origin);
      this.ask(lookup, walk, lookup.via, false);
    }
  }

  ended(lookup: LookupRecord): void {
    const walk = this.walks.get(lookup.number);
    if (walk === undefined) return;
    this.walks.delete(lookup.number);
    if (walk.call >= 0) this.context.rpc.abandon(walk.call);
  }

  onAnswer(number: number, answer: Answer): void {
    const lookup = this.context.lookup(number);
    const walk = this.walks.get(number);
    if (lookup === undefined || walk === undefined) return;
    walk.call = -1;
    lookup.messages++;
    if ('redirect' in answer) this.onConfirmed(lookup, walk, answer as ConfirmAnswer);
    else this.onStepAnswer(lookup, walk, answer as StepAnswer);
  }

  onTimeout(number: number, request: Request): void {
    const lookup = this.context.lookup(number);
    const walk = this.walks.get(number);
    if (lookup === undefined || walk === undefined) return;
    walk.call = -1;
    lookup.timeouts++;
    lookup.messages += this.context.options.lookupAttempts - 1;
    walk.exclude.push(request.to);
    this.context.suspect(lookup.origin, request.to);
    if (walk.owners.length > 0) this.confirmNext(lookup, walk, walk.owners);
    else {
      if (walk.askedAgain) walk.path.pop();
      this.askLast(lookup, walk);
    }
  }

  onAbandoned(number: number): void {
    const lookup = this.context.lookup(number);
    if (lookup !== undefined) this.context.stuck(lookup);
  }

  private onStepAnswer(lookup: LookupRecord, walk: Walk, answer: StepAnswer): void {
    lookup.deadEntries += answer.passedOver;
    if (!walk.askedAgain) {
      walk.path.push(answer.from);
      lookup.hops++;
    }
    this.follow(lookup, walk, answer.done, answer.contacts);
  }

  private follow(lookup: LookupRecord, walk: Walk, done: boolean, contacts: readonly NodeIndex[]): void {
    if (done && contacts.length > 0) this.conclude(lookup, walk, contacts);
    else if (contacts.length === 0 || walk.exclude.includes(contacts[0]) || walk.path.includes(contacts[0])) {
      // A dead end: the node before is asked for another way, around this one.
      const deadEnd = walk.path.pop();
      if (deadEnd !== undefined) walk.exclude.push(deadEnd);
      this.askLast(lookup, walk);
    } else this.ask(lookup, walk, contacts[0], false);
  }

  private decideLocally(lookup: LookupRecord, walk: Walk): void {
    const { router } = this.context;
    router.route(lookup.origin, lookup.key, walk.exclude);
    lookup.deadEntries += router.passedOver;
    const contacts = router.done ? router.owners(lookup.origin, lookup.key) : router.next < 0 ? NOBODY : [router.next];
    this.follow(lookup, walk, router.done, contacts);
  }

  private askLast(lookup: LookupRecord, walk: Walk): void {
    const last = walk.path[walk.path.length - 1];
    if (walk.path.length === 0 || !this.context.nodes.transport.runs(lookup.origin)) this.giveUp(lookup);
    else if (last === lookup.origin) this.decideLocally(lookup, walk);
    else this.ask(lookup, walk, last, true);
  }

  private ask(lookup: LookupRecord, walk: Walk, peer: NodeIndex, again: boolean): void {
    if (++walk.steps > this.stepLimit) {
      this.giveUp(lookup);
      return;
    }
    walk.asked = peer;
    walk.askedAgain = again;
    lookup.messages++;
    const rpc = this.context.rpc.open(this, lookup.number, this.context.options.lookupAttempts);
    walk.call = rpc;
    const exclude = walk.exclude.length === 0 ? NOBODY : [...walk.exclude];
    this.context.rpc.send(this.step, { to: peer, from: lookup.origin, rpc, purpose: lookup.purpose, key: lookup.key, exclude });
  }

  private giveUp(lookup: LookupRecord): void {
    this.walks.delete(lookup.number);
    this.context.stuck(lookup);
  }

  private onStep(m: StepRequest): void {
    const { nodes, router } = this.context;
    router.route(m.to, m.key, m.exclude);
    const { done, passedOver } = router;
    const contacts = done ? router.owners(m.to, m.key) : router.next < 0 ? NOBODY : [router.next];
    for (const dead of m.exclude) if (dead !== m.from) this.context.suspect(m.to, dead);
    nodes.transport.send(this.stepAnswer, { to: m.from, from: m.to, rpc: m.rpc, done, contacts, passedOver }, m.purpose);
  }

  private conclude(lookup: LookupRecord, walk: Walk, contacts: readonly NodeIndex[]): void {
    if (!this.context.confirms(lookup.purpose)) this.context.found(lookup, contacts, walk.path[walk.path.length - 1]);
    else this.confirmNext(lookup, walk, contacts);
  }

  private confirmNext(lookup: LookupRecord, walk: Walk, owners: readonly NodeIndex[]): void {
    const { rpc, router, options } = this.context;
    const left = owners.filter((owner) => !walk.exclude.includes(owner));
    walk.owners = left;
    if (++walk.steps > this.stepLimit) this.giveUp(lookup);
    // All that were named are dead: the node that named them now knows a way past them, or the one before it does.
    else if (left.length === 0) this.askLast(lookup, walk);
    else if (left[0] === lookup.origin) this.context.found(lookup, router.ownReplicas(lookup.origin, lookup.key), lookup.origin);
    else {
      lookup.messages++;
      walk.call = rpc.open(this, lookup.number, options.lookupAttempts);
      rpc.send(this.confirm, { to: left[0], from: lookup.origin, rpc: walk.call, purpose: lookup.purpose, key: lookup.key });
    }
  }

  private onConfirm(m: ConfirmRequest): void {
    const { nodes, router } = this.context;
    const redirect = router.nearerOwner(m.to, m.key);
    const contacts = router.ownReplicas(m.to, m.key);
    nodes.transport.send(this.confirmAnswer, { to: m.from, from: m.to, rpc: m.rpc, redirect, contacts }, m.purpose);
  }

  private onConfirmed(lookup: LookupRecord, walk: Walk, answer: ConfirmAnswer): void {
    lookup.hops++;
    if (walk.confirmed) lookup.redirects++;
    walk.confirmed = true;
    if (answer.redirect < 0 || !this.context.options.ownerRedirects || answer.redirect === lookup.origin || walk.exclude.includes(answer.redirect)) this.context.found(lookup, answer.contacts, answer.from);
    else this.confirmNext(lookup, walk, [answer.redirect, ...answer.contacts]);
  }
}
