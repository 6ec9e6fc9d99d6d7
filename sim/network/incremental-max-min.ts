/**
 * Max-min fair allocation kept up to date while flows come and go.
 *
 * The allocation is the one of `allocateMaxMin`; here it is held as a *level* per link: the rate of every flow whose bottleneck the link
 * is, Infinity when it is the bottleneck of none. A flow's rate is the level of its bottleneck, or its cap. After a change, progressive
 * filling is run again only where its course differs from the last one:
 *
 * - A link is *dirty* when its capacity, its members, or the rate of a member bottlenecked elsewhere changed. Clean links stop their
 *   flows at the same level as before.
 * - Dirty links wait in a heap for the level at which something happens to them: either the old level, if the link no longer saturates
 *   there, whereupon its flows are *released* (they go on rising), or the new level, whereupon the link *closes* and stops its flows,
 *   those included that a clean or still waiting link would have stopped only later. Both change rates of flows and make the other links
 *   of these flows dirty.
 * - Changes spread only to higher levels, because a flow's rate matters to another link's level only if it is below it; so taking the
 *   least level first settles a link once, as in Dijkstra's algorithm.
 *
 * The level at which link l saturates is the root λ of  Σ_f min(λ, limit_f) = C_l  over its flows, where limit_f is the flow's rate if a
 * link other than l stops it and its cap while nothing does. For any set A of flows of l, Σ_f min(λ, limit_f) ≤ |A|·λ + Σ_{f ∉ A} limit_f,
 * so (C_l - Σ_{f ∉ A} limit_f) / |A| is a lower bound of the root. With A = the flows that l stops now and those released, the bound is
 * kept in O(1) per change (`#bound`), and the exact root is only found when the bound comes to the top of the heap.
 *
 * Numerical care. A level that is recomputed within `TIE` of the old one, relatively, is the old one: equal bottlenecks met in another
 * order differ in their last bits, and without the tolerance each such difference would run through the network as a change. The
 * deviation does not accumulate, because roots are found from fresh sums and compared with the level in force.
 */
import { enlarged } from '../kernel/growth.ts';
import { IndexedHeap } from './indexed-heap.ts';

/** Relative difference below which two levels are taken for one: a few thousand roundings of 2^-53. */
const TIE = 1e-12;

/** Events of one link in one `solve` beyond which rounding must be leading it in a circle; a link takes two or three. */
const STEPS_PER_LINK = 1000;

/** Solutions after which a link's running sum is added up afresh: until then its error stays below 2^-53 · 1024 · flows of the sum. */
const SUM_LIFE = 1024;

/** Bottleneck of a flow that runs at its cap. */
export const AT_CAP = -1;
const UNDETERMINED = -2;
const FREE = -3;
const NONE = -1;

export class IncrementalMaxMin {
  /** Flows whose bottleneck the last `solve` may have changed, some of them repeatedly: the first `changedFlowCount` elements. */
  changedFlows = new Int32Array(64);
  changedFlowCount = 0;
  /** Links whose level or set of bottlenecked flows it may have changed: the first `changedLinkCount` elements. */
  changedLinks = new Int32Array(16);
  changedLinkCount = 0;

  #linkCount = 0;
  #capacity = new Float64Array(16);
  #level = new Float64Array(16);
  /** Σ of the rates of the link's flows that something else stops. */
  #elsewhere = new Float64Array(16);
  /** Solutions through which `#elsewhere` has been carried along by differences. */
  #sumAge = new Int32Array(16);
  /** Number of flows that the link stops, plus those on it that nothing has stopped yet. */
  #inside = new Int32Array(16);
  #firstOnLink = new Int32Array(16);
  #open = new Uint8Array(16);
  #isDirty = new Uint8Array(16);
  readonly #heap = new IndexedHeap(16);

  readonly #freeFlows: number[] = [];
  #flowCount = 0;
  #cap = new Float64Array(64);
  #bottleneck = new Int32Array(64);
  #firstOfFlow = new Int32Array(64);

  // An incidence is one flow on one link, in a doubly linked list per link and a singly linked one per flow.
  #freeIncidence = NONE;
  #incidenceCount = 0;
  #flowAt = new Int32Array(128);
  #linkAt = new Int32Array(128);
  #nextOnLink = new Int32Array(128);
  #previousOnLink = new Int32Array(128);
  #nextOfFlow = new Int32Array(128);

  #undetermined = new Int32Array(64);
  #undeterminedCount = 0;
  /** Level that the filling has reached; a field, as a number handed from call to call would be boxed. */
  #reached = 0;
  #restarts = 0;
  readonly #stepsPerLink: number;

  /** @param stepsPerLink events per link in one `solve` after which it begins again from nothing; tests lower it to see that happen */
  constructor(stepsPerLink = STEPS_PER_LINK) {
    this.#stepsPerLink = stepsPerLink;
  }

  get linkCount(): number {
    return this.#linkCount;
  }

  /** Flow slots ever in use: every flow's number is below it. */
  get flowSlots(): number {
    return this.#flowCount;
  }

  /** Adds a link and returns its index. @throws RangeError unless the capacity is finite and not negative */
  addLink(capacity: number): number {
    checkCapacity(capacity);
    const link = this.#linkCount++;
    if (link >= this.#capacity.length) this.#growLinks();
    this.#capacity[link] = capacity;
    this.#level[link] = Infinity;
    this.#firstOnLink[link] = NONE;
    return link;
  }

  capacity(link: number): number {
    return this.#capacity[link];
  }

  setCapacity(link: number, capacity: number): void {
    checkCapacity(capacity);
    if (capacity === this.#capacity[link]) return;
    this.#capacity[link] = capacity;
    // Roundings of the sum were small beside the old capacity; the new one may be far smaller.
    this.#sumAge[link] = SUM_LIFE;
    this.#markDirty(link);
  }

  /** Adds a flow that crosses no link yet and returns its number. Numbers of removed flows are used again. */
  add(cap: number): number {
    if (!(cap >= 0)) throw new RangeError(`cap of a flow is ${cap}; expected a number ≥ 0`);
    let flow = this.#freeFlows.pop();
    if (flow === undefined) {
      flow = this.#flowCount++;
      if (flow >= this.#cap.length) this.#growFlows();
    }
    this.#cap[flow] = cap;
    this.#bottleneck[flow] = UNDETERMINED;
    this.#firstOfFlow[flow] = NONE;
    this.#addUndetermined(flow);
    return flow;
  }

  /** Lets a flow that has not been solved for yet cross one more link. @throws RangeError when it crosses that link already */
  cross(flow: number, link: number): void {
    if (!(link >= 0 && link < this.#linkCount)) throw new RangeError(`link ${link} does not exist; expected an index below ${this.#linkCount}`);
    for (let i = this.#firstOfFlow[flow]; i !== NONE; i = this.#nextOfFlow[i]!) {
      if (this.#linkAt[i] === link) throw new RangeError(`a flow names link ${link} twice`);
    }
    const i = this.#takeIncidence();
    this.#flowAt[i] = flow;
    this.#linkAt[i] = link;
    this.#nextOfFlow[i] = this.#firstOfFlow[flow]!;
    this.#firstOfFlow[flow] = i;
    const first = this.#firstOnLink[link];
    this.#nextOnLink[i] = first;
    this.#previousOnLink[i] = NONE;
    if (first !== NONE) this.#previousOnLink[first] = i;
    this.#firstOnLink[link] = i;
    this.#inside[link]++;
    this.#markDirty(link);
  }

  /** Takes a flow off its links. Its number is not given away again before `recycle`. */
  detach(flow: number): void {
    const bottleneck = this.#bottleneck[flow];
    const rate = bottleneck === UNDETERMINED ? 0 : this.rate(flow);
    for (let i = this.#firstOfFlow[flow]; i !== NONE; ) {
      const link = this.#linkAt[i];
      if (bottleneck === UNDETERMINED || bottleneck === link) this.#inside[link]--;
      else this.#elsewhere[link] -= rate;
      this.#markDirty(link);
      const next = this.#nextOfFlow[i];
      this.#releaseIncidence(i);
      i = next;
    }
    this.#firstOfFlow[flow] = NONE;
    this.#bottleneck[flow] = FREE;
  }

  /** Gives the number of a detached flow free. */
  recycle(flow: number): void {
    this.#freeFlows.push(flow);
  }

  /** Changes a flow's cap. */
  setCap(flow: number, cap: number): void {
    if (!(cap >= 0)) throw new RangeError(`cap of a flow is ${cap}; expected a number ≥ 0`);
    const bottleneck = this.#bottleneck[flow];
    if (bottleneck !== UNDETERMINED) {
      const rate = this.rate(flow);
      for (let i = this.#firstOfFlow[flow]; i !== NONE; i = this.#nextOfFlow[i]!) {
        const link = this.#linkAt[i];
        if (link !== bottleneck) {
          this.#elsewhere[link] -= rate;
          this.#inside[link]++;
        }
        this.#markDirty(link);
      }
      this.#bottleneck[flow] = UNDETERMINED;
      this.#addUndetermined(flow);
    }
    this.#cap[flow] = cap;
  }

  cap(flow: number): number {
    return this.#cap[flow];
  }

  /** Link that stops the flow, or `AT_CAP`. Valid after `solve`. */
  bottleneck(flow: number): number {
    return this.#bottleneck[flow];
  }

  /** Rate of a flow in force since the last `solve`; 0 for one added since. */
  rate(flow: number): number {
    const bottleneck = this.#bottleneck[flow];
    if (bottleneck >= 0) return this.#level[bottleneck];
    return bottleneck === AT_CAP ? this.#cap[flow] : 0;
  }

  /** Rate of the flows whose bottleneck is `link`; Infinity when it has none. */
  level(link: number): number {
    return this.#level[link];
  }

  /** Σ of the rates on a link. */
  load(link: number): number {
    let load = 0;
    for (let i = this.#firstOnLink[link]; i !== NONE; i = this.#nextOnLink[i]) load += this.rate(this.#flowAt[i]);
    return load;
  }

  /** Calls `visit` with every flow on a link, last added first. */
  forEachOn(link: number, visit: (flow: number) => void): void {
    for (let i = this.#firstOnLink[link]; i !== NONE; i = this.#nextOnLink[i]!) visit(this.#flowAt[i]);
  }

  /** Calls `visit` with every link that a flow crosses. */
  forEachLinkOf(flow: number, visit: (link: number) => void): void {
    for (let i = this.#firstOfFlow[flow]; i !== NONE; i = this.#nextOfFlow[i]!) visit(this.#linkAt[i]);
  }

  /** Whether nothing has changed since the last `solve` whose changes were forgotten. */
  get isSettled(): boolean {
    return this.changedLinkCount === 0 && this.#undeterminedCount === 0;
  }

  /** Brings the allocation up to date. `changedFlows` and `changedLinks` then say what to look at; `forgetChanges` empties them. */
  solve(): void {
    this.#reached = 0;
    // Links that become dirty on the way find their own place in the heap.
    const initially = this.changedLinkCount;
    for (let k = 0; k < initially; k++) {
      const link = this.changedLinks[k];
      if (this.#sumAge[link] >= SUM_LIFE) this.#renewSum(link);
      this.#place(link);
    }
    let steps = 0;
    let limit = this.#stepsPerLink * this.#linkCount;
    while (this.#heap.size > 0) {
      if (++steps > limit) {
        this.#restart();
        limit += steps;
      }
      this.#settle(this.#heap.top());
    }
    for (let k = 0; k < this.#undeterminedCount; k++) {
      const flow = this.#undetermined[k];
      if (this.#bottleneck[flow] === UNDETERMINED) this.#stopAtCap(flow, NONE);
    }
    this.#undeterminedCount = 0;
    for (let k = 0; k < this.changedLinkCount; k++) {
      const link = this.changedLinks[k];
      if (this.#inside[link] === 0) this.#level[link] = Infinity;
    }
  }

  /** How often rounding led `solve` in a circle, so that it began again from nothing. Expected to stay 0. */
  get restarts(): number {
    return this.#restarts;
  }

  forgetChanges(): void {
    for (let k = 0; k < this.changedLinkCount; k++) this.#isDirty[this.changedLinks[k]] = 0;
    this.changedLinkCount = 0;
    this.changedFlowCount = 0;
  }

  /** Forgets every level, so that `solve` fills all links from zero, each closing once. */
  #restart(): void {
    this.#restarts++;
    this.#reached = 0;
    for (let flow = 0; flow < this.#flowCount; flow++) {
      if (this.#bottleneck[flow] === FREE) continue;
      this.#bottleneck[flow] = UNDETERMINED;
      this.#addUndetermined(flow);
      this.#noteFlow(flow);
    }
    for (let link = 0; link < this.#linkCount; link++) {
      this.#markDirty(link);
      this.#open[link] = 1;
      this.#elsewhere[link] = 0;
      this.#inside[link] = 0;
      for (let i = this.#firstOnLink[link]; i !== NONE; i = this.#nextOnLink[i]!) this.#inside[link]++;
      this.#place(link);
    }
  }

  /** Lower bound of the level at which the link saturates, from its sums alone. */
  #bound(link: number): number {
    const inside = this.#inside[link];
    const left = this.#capacity[link] - this.#elsewhere[link];
    if (inside > 0) return (left / inside) * (1 - TIE);
    // With every flow stopped elsewhere the link is either satisfied or must cut some of them, at a level only their rates tell.
    return left >= -TIE * this.#capacity[link] ? Infinity : 0;
  }

  #renewSum(link: number): void {
    let elsewhere = 0;
    for (let i = this.#firstOnLink[link]; i !== NONE; i = this.#nextOnLink[i]) {
      const flow = this.#flowAt[i];
      if (this.#bottleneck[flow] !== link) elsewhere += this.rate(flow);
    }
    this.#elsewhere[link] = elsewhere;
    this.#sumAge[link] = 0;
  }

  /** Puts a dirty link where its next event is, not below the level reached. */
  #place(link: number): void {
    let key = this.#bound(link);
    if (this.#open[link] === 0 && this.#inside[link] > 0 && this.#level[link] < key) key = this.#level[link];
    if (key === Infinity) {
      this.#heap.remove(link);
      return;
    }
    this.#heap.keys[link] = key < this.#reached ? this.#reached : key;
    this.#heap.update(link);
  }

  /** Handles the next event of a link at the top of the heap, or puts the link where that event turns out to be. */
  #settle(link: number): void {
    const reached = this.#heap.keys[link];
    this.#reached = reached;
    const level = this.#open[link] === 0 && this.#inside[link] > 0 ? this.#level[link] : Infinity;
    let root = this.#saturation(link);
    if (level < Infinity && Math.abs(root - level) <= TIE * level) root = level;
    const next = root < level ? root : level;
    if (next === Infinity) this.#heap.remove(link);
    else if (next > reached && next - reached > TIE * next) this.#putAt(link, next);
    else if (level < root) {
      this.#raise(link, level, root);
    } else {
      this.#heap.remove(link);
      this.#close(link, root);
    }
  }

  #putAt(link: number, level: number): void {
    if (level === Infinity) {
      this.#heap.remove(link);
      return;
    }
    this.#heap.keys[link] = level;
    this.#heap.update(link);
  }

  /** Root of Σ min(λ, limit) = capacity, Infinity when the limits add up to no more than the capacity. Renews the link's sum on the way. */
  #saturation(link: number): number {
    const capacity = this.#capacity[link];
    // Newton's steps from below on a concave, piecewise linear function: each guess is a lower bound of the root, and exact when no limit
    // lies between it and the one before.
    let guess = this.#inside[link] > 0 ? ((capacity - this.#elsewhere[link]) / this.#inside[link]) * (1 - TIE) : 0;
    if (guess < 0) guess = 0;
    for (let renewed = false; ; renewed = true) {
      let elsewhere = 0;
      let stopped = 0;
      let rising = 0;
      let nextLimit = Infinity;
      for (let i = this.#firstOnLink[link]; i !== NONE; i = this.#nextOnLink[i]) {
        const flow = this.#flowAt[i];
        const bottleneck = this.#bottleneck[flow];
        let limit: number;
        if (bottleneck === link || bottleneck === UNDETERMINED) limit = this.#cap[flow];
        else {
          limit = bottleneck >= 0 ? this.#level[bottleneck] : this.#cap[flow];
          elsewhere += limit;
        }
        if (limit <= guess) stopped += limit;
        else {
          rising++;
          if (limit < nextLimit) nextLimit = limit;
        }
      }
      if (!renewed) {
        this.#elsewhere[link] = elsewhere;
        this.#sumAge[link] = 0;
      }
      if (rising === 0) return stopped <= capacity * (1 + TIE) ? Infinity : guess;
      const better = (capacity - stopped) / rising;
      if (better < nextLimit * (1 - TIE)) return better > 0 ? better : 0;
      guess = better > nextLimit ? better : nextLimit;
    }
  }

  /**
   * The link no longer saturates at its old level, but at `root` or beyond: the flows it stopped there rise. Those whose other links have
   * room are taken to `root` together; the others are released, to be stopped wherever they meet a limit.
   */
  #raise(link: number, level: number, root: number): void {
    let kept = 0;
    for (let i = this.#firstOnLink[link]; i !== NONE; i = this.#nextOnLink[i]) {
      const flow = this.#flowAt[i];
      if (this.#bottleneck[flow] !== link) continue;
      if (this.#hasRoom(flow, link, root, root - level)) {
        this.#shift(flow, link, root - level);
        kept++;
      } else this.#release(flow, link, level);
    }
    if (kept === 0) {
      this.#open[link] = 1;
      this.#putAt(link, root);
      return;
    }
    this.#level[link] = root;
    if (kept === this.#inside[link]) this.#heap.remove(link);
    else this.#putAt(link, root);
  }

  /** Whether a flow that `link` stops may go `difference` faster without meeting its cap or filling another link. */
  #hasRoom(flow: number, link: number, rate: number, difference: number): boolean {
    if (!(rate < this.#cap[flow])) return false;
    for (let j = this.#firstOfFlow[flow]; j !== NONE; j = this.#nextOfFlow[j]) {
      const other = this.#linkAt[j];
      if (other === link) continue;
      if (this.#inside[other] > 0 || this.#elsewhere[other] + difference > this.#capacity[other]) return false;
    }
    return true;
  }

  /** A flow that `link` stopped at `level` rises on. */
  #release(flow: number, link: number, level: number): void {
    this.#bottleneck[flow] = UNDETERMINED;
    this.#addUndetermined(flow);
    this.#noteFlow(flow);
    for (let j = this.#firstOfFlow[flow]; j !== NONE; j = this.#nextOfFlow[j]) {
      const other = this.#linkAt[j];
      if (other === link) continue;
      this.#elsewhere[other] -= level;
      this.#inside[other]++;
      this.#touch(other);
    }
  }

  /** The link saturates at `level`: it stops every flow on it that is faster. */
  #close(link: number, level: number): void {
    const old = this.#level[link];
    this.#open[link] = 0;
    for (let i = this.#firstOnLink[link]; i !== NONE; i = this.#nextOnLink[i]!) {
      const flow = this.#flowAt[i];
      const bottleneck = this.#bottleneck[flow];
      if (bottleneck === UNDETERMINED) {
        if (this.#cap[flow] <= level) this.#stopAtCap(flow, link);
        else this.#stop(flow, link, level);
      } else if (bottleneck === link) {
        if (level !== old) this.#shift(flow, link, level - old);
      } else {
        const rate = bottleneck >= 0 ? this.#level[bottleneck] : this.#cap[flow];
        if (rate > level && rate - level > TIE * rate) this.#cut(flow, link, rate, level);
      }
    }
    this.#level[link] = level;
  }

  /** A rising flow is stopped by `link`. */
  #stop(flow: number, link: number, level: number): void {
    this.#bottleneck[flow] = link;
    this.#noteFlow(flow);
    for (let j = this.#firstOfFlow[flow]; j !== NONE; j = this.#nextOfFlow[j]!) {
      const other = this.#linkAt[j];
      if (other === link) continue;
      this.#inside[other]--;
      this.#elsewhere[other] += level;
      this.#touch(other);
    }
  }

  /** A rising flow is stopped by its cap; `link`, if given, is the link being closed, which needs no new place. */
  #stopAtCap(flow: number, link: number): void {
    const cap = this.#cap[flow];
    if (cap === Infinity) throw new RangeError('a flow has neither a link nor a cap: its rate would be infinite');
    this.#bottleneck[flow] = AT_CAP;
    this.#noteFlow(flow);
    for (let j = this.#firstOfFlow[flow]; j !== NONE; j = this.#nextOfFlow[j]!) {
      const other = this.#linkAt[j];
      this.#inside[other]--;
      this.#elsewhere[other] += cap;
      // At the end of `solve` (no link) every link has taken the cap into account already.
      if (link !== NONE && other !== link) this.#touch(other);
    }
  }

  /** A flow that `link` stops already goes along with the link's level. */
  #shift(flow: number, link: number, difference: number): void {
    for (let j = this.#firstOfFlow[flow]; j !== NONE; j = this.#nextOfFlow[j]!) {
      const other = this.#linkAt[j];
      if (other === link) continue;
      this.#adjust(other, difference);
    }
  }

  /** A flow that something stopped at `rate` is stopped by `link` at the lower `level`. */
  #cut(flow: number, link: number, rate: number, level: number): void {
    const former = this.#bottleneck[flow];
    this.#bottleneck[flow] = link;
    this.#noteFlow(flow);
    for (let j = this.#firstOfFlow[flow]; j !== NONE; j = this.#nextOfFlow[j]!) {
      const other = this.#linkAt[j];
      if (other === link) {
        this.#inside[link]++;
        this.#elsewhere[link] -= rate;
        continue;
      }
      if (other === former) {
        this.#inside[other]--;
        this.#elsewhere[other] += level;
        this.#touch(other);
      } else this.#adjust(other, level - rate);
    }
  }

  /** The rate of a flow of the link that something else stops has changed. A link that stops no flow and is not overfilled stays clean. */
  #adjust(link: number, difference: number): void {
    this.#elsewhere[link] += difference;
    if (this.#inside[link] > 0 || this.#elsewhere[link] > this.#capacity[link]) this.#touch(link);
    else this.#sumAge[link]++;
  }

  #touch(link: number): void {
    if (this.#isDirty[link] === 0) this.#markDirty(link);
    this.#place(link);
  }

  #noteFlow(flow: number): void {
    if (this.changedFlowCount === this.changedFlows.length) this.changedFlows = enlarged(this.changedFlows, new Int32Array(2 * this.changedFlowCount));
    this.changedFlows[this.changedFlowCount++] = flow;
  }

  #addUndetermined(flow: number): void {
    if (this.#undeterminedCount === this.#undetermined.length) this.#undetermined = enlarged(this.#undetermined, new Int32Array(2 * this.#undeterminedCount));
    this.#undetermined[this.#undeterminedCount++] = flow;
  }

  #markDirty(link: number): void {
    if (this.#isDirty[link] === 1) return;
    this.#isDirty[link] = 1;
    this.#sumAge[link]++;
    this.#open[link] = 0;
    this.changedLinks[this.changedLinkCount++] = link;
  }

  #takeIncidence(): number {
    const free = this.#freeIncidence;
    if (free !== NONE) {
      this.#freeIncidence = this.#nextOfFlow[free]!;
      return free;
    }
    if (this.#incidenceCount >= this.#flowAt.length) this.#growIncidences();
    return this.#incidenceCount++;
  }

  #releaseIncidence(i: number): void {
    const next = this.#nextOnLink[i];
    const previous = this.#previousOnLink[i];
    if (previous === NONE) this.#firstOnLink[this.#linkAt[i]] = next;
    else this.#nextOnLink[previous] = next;
    if (next !== NONE) this.#previousOnLink[next] = previous;
    this.#nextOfFlow[i] = this.#freeIncidence;
    this.#freeIncidence = i;
  }

  #growLinks(): void {
    const size = 2 * this.#capacity.length;
    this.#capacity = enlarged(this.#capacity, new Float64Array(size));
    this.#level = enlarged(this.#level, new Float64Array(size));
    this.#elsewhere = enlarged(this.#elsewhere, new Float64Array(size));
    this.#sumAge = enlarged(this.#sumAge, new Int32Array(size));
    this.#inside = enlarged(this.#inside, new Int32Array(size));
    this.#firstOnLink = enlarged(this.#firstOnLink, new Int32Array(size));
    this.#open = enlarged(this.#open, new Uint8Array(size));
    this.changedLinks = enlarged(this.changedLinks, new Int32Array(size));
    this.#isDirty = enlarged(this.#isDirty, new Uint8Array(size));
    this.#heap.grow(size);
  }

  #growFlows(): void {
    const size = 2 * this.#cap.length;
    this.#cap = enlarged(this.#cap, new Float64Array(size));
    this.#bottleneck = enlarged(this.#bottleneck, new Int32Array(size));
    this.#firstOfFlow = enlarged(this.#firstOfFlow, new Int32Array(size));
  }

  #growIncidences(): void {
    const size = 2 * this.#flowAt.length;
    this.#flowAt = enlarged(this.#flowAt, new Int32Array(size));
    this.#linkAt = enlarged(this.#linkAt, new Int32Array(size));
    this.#nextOnLink = enlarged(this.#nextOnLink, new Int32Array(size));
    this.#previousOnLink = enlarged(this.#previousOnLink, new Int32Array(size));
    this.#nextOfFlow = enlarged(this.#nextOfFlow, new Int32Array(size));
  }
}

function checkCapacity(capacity: number): void {
  if (!(capacity >= 0 && capacity < Infinity)) throw new RangeError(`capacity of a link is ${capacity}; expected a finite number ≥ 0`);
}
