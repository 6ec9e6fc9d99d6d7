import { evictionPolicy } from '../../../protocols/store/eviction-policies.ts';
import type { EvictionPolicyName } from '../../../protocols/store/eviction-policies.ts';
import type { EvictionPolicy } from '../../../protocols/store/eviction-policy.ts';
import { PerfectCounts } from '../../../protocols/store/use-frequency.ts';
import { WTinyLfu } from '../../../protocols/store/w-tiny-lfu.ts';
import { naiveArc, naiveList, naiveS3Fifo, naiveValued, naiveWTinyLfu } from './naive-policies.ts';
import type { NaiveCache } from './naive-policies.ts';

/** Over exact counts, for the naive twin has no sketch. */
const exactWTinyLfu = (capacityBytes: number): EvictionPolicy =>
  new WTinyLfu({ capacityBytes, windowShare: 0.2, protectedShare: 0.6, frequency: new PerfectCounts() });

/** Each policy and its independent twin. */
export const TWINS: Record<EvictionPolicyName, { make: (capacityBytes: number) => EvictionPolicy; naive: (capacity: number) => NaiveCache }> = {
  lru: { make: (capacityBytes) => evictionPolicy('lru', { capacityBytes }), naive: (c) => naiveList(c, true) },
  fifo: { make: (capacityBytes) => evictionPolicy('fifo', { capacityBytes }), naive: (c) => naiveList(c, false) },
  lfu: { make: (capacityBytes) => evictionPolicy('lfu', { capacityBytes }), naive: (c) => naiveValued(c, 'lfu') },
  'lfu-perfect': { make: (capacityBytes) => evictionPolicy('lfu-perfect', { capacityBytes }), naive: (c) => naiveValued(c, 'lfu-perfect') },
  gdsf: { make: (capacityBytes) => evictionPolicy('gdsf', { capacityBytes }), naive: (c) => naiveValued(c, 'gdsf') },
  's3-fifo': { make: (capacityBytes) => evictionPolicy('s3-fifo', { capacityBytes }), naive: naiveS3Fifo },
  arc: { make: (capacityBytes) => evictionPolicy('arc', { capacityBytes }), naive: naiveArc },
  'w-tinylfu': { make: exactWTinyLfu, naive: (c) => naiveWTinyLfu(c, 0.2, 0.6) },
};
