/**
 * Max-min fair allocation of link capacities to flows, as a pure function.
 *
 * Let flow f cross the set of links L(f), have rate r_f and an optional cap c_f; let link l have capacity C_l.
 * An allocation is *feasible* when
 *
 *     (1)  Σ_{f : l ∈ L(f)} r_f ≤ C_l   for every link l,
 *     (2)  0 ≤ r_f ≤ c_f                 for every flow f.
 *
 * It is *max-min fair* when no rate can be raised within (1) and (2) without lowering one that is no larger. Exactly one feasible
 * allocation is max-min fair, and it is the one in which every flow has a bottleneck (Bertsekas and Gallager, *Data Networks*, 2nd ed.,
 * 1992, section 6.5.2):
 *
 *     (3)  r_f = c_f, or there is l ∈ L(f) with Σ_{g : l ∈ L(g)} r_g = C_l and r_f ≥ r_g for every g that crosses l.
 *
 * *Progressive filling* finds it. All rates rise together from zero. While the flows of a set A are still rising at the common level λ
 * and the others stand still, (1) reads, with n_l the number of flows of A on l and R_l = C_l - Σ_{g ∉ A, l ∈ L(g)} r_g,
 *
 *     n_l · λ ≤ R_l   ⇔   λ ≤ R_l / n_l.
 *
 * The level therefore stops next at the least of all R_l / n_l and all caps of A. Where a link stops it, every rising flow of the link
 * stops with the rate λ and that link is its bottleneck; where a cap stops it, that flow stops. A step can only raise R_l / n_l of the
 * remaining links (λ ≤ R_l/n_l implies (R_l - λ)/(n_l - 1) ≥ R_l/n_l), so the levels found never fall and (3) holds for every flow.
 *
 * Every step stops at least one flow. With a heap over the links the cost is O((Σ_f |L(f)|) · log(links) + flows · log(flows)).
 */
import { IndexedHeap } from './indexed-heap.ts';

export interface MaxMinFlow {
  /** Indices of the links that the flow crosses, none twice. */
  readonly links: readonly number[];
  /** Greatest rate of the flow, in the unit of the capacities. Absent means unlimited. */
  readonly cap?: number;
}

/**
 * Rates of the max-min fair allocation, one per flow, in the unit of the capacities. A flow that crosses no link has its cap as rate
 * (Infinity without one).
 *
 * @param capacities capacity of each link, finite and not negative
 * @throws RangeError on a capacity, cap or link index out of range, or a link named twice by one flow
 */
export function allocateMaxMin(flows: readonly MaxMinFlow[], capacities: ArrayLike<number>): Float64Array {
  const members = membersByLink(flows, capacities);
  const remaining = Float64Array.from(capacities);
  const rising = Int32Array.from(members, (list) => list.length);
  const rates = new Float64Array(flows.length).fill(-1);
  const byShare = new IndexedHeap(capacities.length);
  for (let link = 0; link < capacities.length; link++) {
    if (rising[link] > 0) byShare.set(link, remaining[link] / rising[link]);
  }
  const capped = flows.map((_, flow) => flow).filter((flow) => capOf(flows[flow]) < Infinity);
  capped.sort((a, b) => capOf(flows[a]) - capOf(flows[b]) || a - b);

  const stop = (flow: number, rate: number): void => {
    rates[flow] = rate;
    for (const link of flows[flow].links) {
      const left = --rising[link];
      // Rounding may take the last bits below zero; a negative residue would give negative rates.
      remaining[link] = Math.max(0, remaining[link] - rate);
      if (left === 0) byShare.remove(link);
      else byShare.set(link, remaining[link] / left);
    }
  };

  let nextCapped = 0;
  for (;;) {
    while (nextCapped < capped.length && rates[capped[nextCapped]] >= 0) nextCapped++;
    const cap = nextCapped < capped.length ? capOf(flows[capped[nextCapped]]) : Infinity;
    const share = byShare.topKey();
    if (share < cap) {
      for (const flow of members[byShare.top()]) {
        if (rates[flow] < 0) stop(flow, share);
      }
    } else if (cap < Infinity) stop(capped[nextCapped], cap);
    else break;
  }
  // Nothing stops a flow without links and cap.
  for (let flow = 0; flow < flows.length; flow++) {
    if (rates[flow] < 0) rates[flow] = Infinity;
  }
  return rates;
}

function capOf(flow: MaxMinFlow): number {
  return flow.cap ?? Infinity;
}

function membersByLink(flows: readonly MaxMinFlow[], capacities: ArrayLike<number>): number[][] {
  const members: number[][] = [];
  for (let link = 0; link < capacities.length; link++) {
    const capacity = capacities[link];
    if (!(capacity >= 0 && capacity < Infinity)) throw new RangeError(`capacity of link ${link} is ${capacity}; expected a finite number ≥ 0`);
    members.push([]);
  }
  for (let flow = 0; flow < flows.length; flow++) {
    const cap = capOf(flows[flow]);
    if (!(cap >= 0)) throw new RangeError(`cap of flow ${flow} is ${cap}; expected a number ≥ 0`);
    for (const link of flows[flow].links) {
      if (!(Number.isInteger(link) && link >= 0 && link < capacities.length)) {
        throw new RangeError(`flow ${flow} crosses link ${link}; expected an index below ${capacities.length}`);
      }
      const list = members[link];
      if (list[list.length - 1] === flow) throw new RangeError(`flow ${flow} names link ${link} twice`);
      list.push(flow);
    }
  }
  return members;
}
