/**
 * In which order waiting sequences are scheduled. A policy gives each sequence a key when it begins to wait; the least
 * key goes first, and equal keys go in order of submission.
 */
import type { Nanoseconds } from '../kernel/time.ts';
import { NOT_YET, type Sequence } from './sequence.ts';

export type SchedulingPolicyName = 'fcfs' | 'shortest-prefill-first' | 'earliest-deadline-first' | 'slo-aware';

export interface SchedulingPolicy {
  readonly name: SchedulingPolicyName;
  /** @param prefillNs what the sequence's prefill costs alone. */
  key(sequence: Sequence, prefillNs: Nanoseconds): number;
  /** Whether a sequence whose deadline can no longer be met is put behind all that can still meet theirs. */
  readonly demotesLate: boolean;
}

/**
 * How much of its prefill time a long prompt may lose to short ones. With key = enqueued + AGEING · prefill, a sequence is
 * only overtaken by those that come within AGEING · prefill after it: short prompts profit and none starves.
 */
const AGEING = 10;

/** Keys of demoted sequences lie above all others: beyond the range of the clock. */
export const DEMOTED = 9_007_199_254_740_992;

const POLICIES: Readonly<Record<SchedulingPolicyName, SchedulingPolicy>> = {
  fcfs: { name: 'fcfs', key: () => 0, demotesLate: false },
  'shortest-prefill-first': {
    name: 'shortest-prefill-first',
    key: (sequence, prefillNs) => sequence.enqueuedNs + AGEING * prefillNs,
    demotesLate: false,
  },
  'earliest-deadline-first': { name: 'earliest-deadline-first', key: (sequence) => deadline(sequence), demotesLate: false },
  'slo-aware': { name: 'slo-aware', key: (sequence, prefillNs) => deadline(sequence) - prefillNs, demotesLate: true },
};

function deadline(sequence: Sequence): number {
  return sequence.deadlineNs === NOT_YET ? DEMOTED - 1 : sequence.deadlineNs;
}

export const SCHEDULING_POLICIES = Object.keys(POLICIES) as SchedulingPolicyName[];

/** @throws RangeError listing the policies. */
export function schedulingPolicy(name: SchedulingPolicyName): SchedulingPolicy {
  if (!Object.hasOwn(POLICIES, name)) throw new RangeError(`unknown scheduling policy ${JSON.stringify(name)}: expected one of ${SCHEDULING_POLICIES.join(', ')}`);
  return POLICIES[name];
}
