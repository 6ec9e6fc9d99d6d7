/**
 * How far each flow has come, without touching a flow whose rate changes.
 *
 * Flows with the same bottleneck link have the same rate, the link's level, and so form a *group* that advances together. The group keeps
 * its virtual service V(t) = ∫ level dt in bytes, and each flow the value of V at which its last byte arrives (its *tag*). A change of the
 * level costs O(1) for the group, whatever its size; the next to finish is the least tag. (The device is the virtual time of fair
 * queueing: Parekh and Gallager, IEEE/ACM Trans. Networking 1(3), 1993, section IV.) Only a flow that changes its bottleneck is touched, in
 * O(log n). A flow at its cap has a constant rate and is a group of its own.
 *
 * Completion times are whole nanoseconds, rounded up: no flow completes before its last byte has arrived.
 */
import { LATEST, SECOND, type Nanoseconds } from '../kernel/time.ts';
import { enlarged } from '../kernel/growth.ts';
import { IndexedHeap } from './indexed-heap.ts';

const NONE = -1;
/** Group of a flow that runs at its own cap. */
export const OWN_GROUP = -1;
const NO_GROUP = -2;

/** Virtual service in bytes beyond which a group's tags are counted from zero again; 2^40 leaves tags 2^-12 bytes of precision. */
const REBASE_BYTES = 0x100_0000_0000;

export class FlowProgress {
  // By group: root of a pairing heap of its flows on (tag, flow), virtual service at time `since`, rate in bytes per second.
  #root = new Int32Array(16).fill(NONE);
  #service = new Float64Array(16);
  #since = new Float64Array(16);
  #rate = new Float64Array(16);
  readonly #nextByGroup = new IndexedHeap(16);
  #groupCount = 0;

  // By flow. For a flow of a group, `tag` is the service at which it finishes; otherwise the bytes that remained at `flowSince`.
  #group = new Int32Array(64);
  #tag = new Float64Array(64);
  #flowSince = new Float64Array(64);
  #ownRate = new Float64Array(64);
  #child = new Int32Array(64);
  #sibling = new Int32Array(64);
  /** Left sibling, or the parent of a leftmost child. */
  #previous = new Int32Array(64);
  readonly #nextByFlow = new IndexedHeap(64);
  readonly #stack: number[] = [];

  /** Makes room for one more group and returns its number. */
  addGroup(): number {
    const group = this.#groupCount++;
    if (group >= this.#root.length) this.#growGroups();
    return group;
  }

  /** A flow of `bytes` begins, at rate zero until it is assigned. */
  start(flow: number, bytes: number, now: Nanoseconds): void {
    if (flow >= this.#group.length) this.#growFlows(flow);
    this.#group[flow] = NO_GROUP;
    this.#tag[flow] = bytes;
    this.#flowSince[flow] = now;
  }

  /** Sets the rate of a group's flows, bytes per second, from `now` on. */
  setRate(group: number, rate: number, now: Nanoseconds): void {
    if (this.#root[group] === NONE) this.#service[group] = 0;
    else this.#service[group] += this.#rate[group] * ((now - this.#since[group]) / SECOND);
    this.#since[group] = now;
    this.#rate[group] = rate;
    if (this.#service[group] > REBASE_BYTES) this.#rebase(group);
  }

  /** Moves a flow into a group whose rate has been set at `now`. */
  join(flow: number, group: number, now: Nanoseconds): void {
    if (this.#group[flow] === group) return;
    const remaining = this.remainingBytes(flow, now);
    this.#leave(flow);
    this.#group[flow] = group;
    this.#tag[flow] = this.#service[group] + remaining;
    this.#child[flow] = NONE;
    this.#sibling[flow] = NONE;
    this.#previous[flow] = NONE;
    const root = this.#root[group];
    this.#root[group] = root === NONE ? flow : this.#meld(root, flow);
  }

  /** Lets a flow run on its own at a constant rate in bytes per second. */
  runAlone(flow: number, rate: number, now: Nanoseconds): void {
    const remaining = this.remainingBytes(flow, now);
    this.#leave(flow);
    this.#group[flow] = OWN_GROUP;
    this.#tag[flow] = remaining;
    this.#flowSince[flow] = now;
    this.#ownRate[flow] = rate;
    const completion = completionNs(now, remaining, rate);
    if (completion < Infinity) this.#nextByFlow.set(flow, completion);
  }

  /** Forgets a flow. */
  remove(flow: number): void {
    const group = this.#group[flow];
    this.#leave(flow);
    this.#group[flow] = NO_GROUP;
    if (group >= 0) this.reschedule(group);
  }

  /** Bytes still to come at `now`; never negative. */
  remainingBytes(flow: number, now: Nanoseconds): number {
    const group = this.#group[flow];
    const tag = this.#tag[flow];
    if (group === NO_GROUP) return tag;
    const remaining =
      group === OWN_GROUP
        ? tag - this.#ownRate[flow] * ((now - this.#flowSince[flow]) / SECOND)
        : tag - this.#service[group] - this.#rate[group] * ((now - this.#since[group]) / SECOND);
    return remaining > 0 ? remaining : 0;
  }

  /** Must follow changes to a group's rate or flows before the next completion is asked for. */
  reschedule(group: number): void {
    const root = this.#root[group];
    const completion = root === NONE ? Infinity : this.#completionOf(root, group);
    if (completion < Infinity) this.#nextByGroup.set(group, completion);
    else this.#nextByGroup.remove(group);
  }

  /** Time of the next completion; Infinity when no flow will complete. */
  nextCompletionNs(): Nanoseconds {
    return Math.min(this.#nextByGroup.topKey(), this.#nextByFlow.topKey());
  }

  /**
   * Takes out every flow that is complete at `now` and appends it to `completed`. A flow for which `more` answers with further bytes has only
   * come to the end of a part: it goes on at its rate as if those bytes had always been behind the others.
   */
  takeCompleted(now: Nanoseconds, completed: number[], more: (flow: number) => number): void {
    while (this.#nextByFlow.topKey() <= now) {
      const flow = this.#nextByFlow.top();
      this.#nextByFlow.remove(flow);
      const bytes = more(flow);
      if (bytes > 0) {
        this.#tag[flow] += bytes;
        const completion = completionNs(this.#flowSince[flow], this.#tag[flow], this.#ownRate[flow]);
        if (completion < Infinity) this.#nextByFlow.set(flow, completion);
        continue;
      }
      this.#group[flow] = NO_GROUP;
      completed.push(flow);
    }
    while (this.#nextByGroup.topKey() <= now) {
      const group = this.#nextByGroup.top();
      let root = this.#root[group];
      while (root !== NONE && this.#completionOf(root, group) <= now) {
        const rest = this.#mergeChildren(root);
        const bytes = more(root);
        if (bytes > 0) {
          this.#tag[root] += bytes;
          this.#sibling[root] = NONE;
          this.#previous[root] = NONE;
          this.#root[group] = rest === NONE ? root : this.#meld(rest, root);
        } else {
          this.#root[group] = rest;
          this.#group[root] = NO_GROUP;
          completed.push(root);
        }
        root = this.#root[group];
      }
      this.reschedule(group);
    }
  }

  #completionOf(flow: number, group: number): Nanoseconds {
    return completionNs(this.#since[group], this.#tag[flow] - this.#service[group], this.#rate[group]);
  }

  #leave(flow: number): void {
    const group = this.#group[flow];
    if (group === OWN_GROUP) this.#nextByFlow.remove(flow);
    if (group < 0) return;
    const rest = this.#mergeChildren(flow);
    if (this.#root[group] === flow) {
      this.#root[group] = rest;
      return;
    }
    const previous = this.#previous[flow];
    const sibling = this.#sibling[flow];
    if (this.#child[previous] === flow) this.#child[previous] = sibling;
    else this.#sibling[previous] = sibling;
    if (sibling !== NONE) this.#previous[sibling] = previous;
    if (rest !== NONE) this.#root[group] = this.#meld(this.#root[group], rest);
  }

  #meld(a: number, b: number): number {
    const tagA = this.#tag[a];
    const tagB = this.#tag[b];
    const first = tagA < tagB || (tagA === tagB && a < b);
    const parent = first ? a : b;
    const child = first ? b : a;
    const eldest = this.#child[parent];
    this.#sibling[child] = eldest;
    if (eldest !== NONE) this.#previous[eldest] = child;
    this.#child[parent] = child;
    this.#previous[child] = parent;
    this.#sibling[parent] = NONE;
    this.#previous[parent] = NONE;
    return parent;
  }

  /** Melds the children of a heap node into one heap, pairwise from the left, then from the right; returns its root or NONE. */
  #mergeChildren(flow: number): number {
    let next = this.#child[flow];
    this.#child[flow] = NONE;
    let pairs = NONE;
    while (next !== NONE) {
      const a = next;
      const b = this.#sibling[a];
      if (b === NONE) {
        next = NONE;
        this.#sibling[a] = pairs;
        pairs = a;
      } else {
        next = this.#sibling[b]!;
        const pair = this.#meld(a, b);
        this.#sibling[pair] = pairs;
        pairs = pair;
      }
    }
    if (pairs === NONE) return NONE;
    let root = pairs;
    pairs = this.#sibling[root]!;
    this.#sibling[root] = NONE;
    this.#previous[root] = NONE;
    while (pairs !== NONE) {
      const pair = pairs;
      pairs = this.#sibling[pair]!;
      root = this.#meld(root, pair);
    }
    return root;
  }

  #rebase(group: number): void {
    const base = this.#service[group];
    this.#service[group] = 0;
    const stack = this.#stack;
    stack.push(this.#root[group]);
    while (stack.length > 0) {
      const flow = stack.pop()!;
      this.#tag[flow] -= base;
      if (this.#sibling[flow] !== NONE) stack.push(this.#sibling[flow]);
      if (this.#child[flow] !== NONE) stack.push(this.#child[flow]);
    }
  }

  #growGroups(): void {
    const size = 2 * this.#root.length;
    const root = new Int32Array(size).fill(NONE);
    root.set(this.#root);
    this.#root = root;
    this.#service = enlarged(this.#service, new Float64Array(size));
    this.#since = enlarged(this.#since, new Float64Array(size));
    this.#rate = enlarged(this.#rate, new Float64Array(size));
    this.#nextByGroup.grow(size);
  }

  #growFlows(flow: number): void {
    let size = 2 * this.#group.length;
    while (size <= flow) size *= 2;
    this.#group = enlarged(this.#group, new Int32Array(size));
    this.#tag = enlarged(this.#tag, new Float64Array(size));
    this.#flowSince = enlarged(this.#flowSince, new Float64Array(size));
    this.#ownRate = enlarged(this.#ownRate, new Float64Array(size));
    this.#child = enlarged(this.#child, new Int32Array(size));
    this.#sibling = enlarged(this.#sibling, new Int32Array(size));
    this.#previous = enlarged(this.#previous, new Int32Array(size));
    this.#nextByFlow.grow(size);
  }
}

/** First whole nanosecond at which `bytes` have passed at `rate` bytes per second since `since`; Infinity when that is never. */
function completionNs(since: Nanoseconds, bytes: number, rate: number): Nanoseconds {
  if (!(bytes > 0)) return since;
  const completion = since + Math.ceil((bytes * SECOND) / rate);
  return completion < LATEST ? completion : Infinity;
}
