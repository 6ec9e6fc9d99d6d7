import { Arc } from './arc.ts';
import type { EvictionPolicy } from './eviction-policy.ts';
import { Fifo } from './fifo.ts';
import { Gdsf } from './gdsf.ts';
import { Lfu } from './lfu.ts';
import { Lru } from './lru.ts';
import { PerfectLfu } from './perfect-lfu.ts';
import { S3Fifo } from './s3-fifo.ts';
import { WTinyLfu } from './w-tiny-lfu.ts';

type MakePolicy = (tier: { readonly capacityBytes: number }) => EvictionPolicy;

const POLICIES = {
  lru: () => new Lru(),
  fifo: () => new Fifo(),
  lfu: () => new Lfu(),
  'lfu-perfect': () => new PerfectLfu(),
  's3-fifo': (tier) => new S3Fifo(tier),
  arc: (tier) => new Arc(tier),
  'w-tinylfu': (tier) => new WTinyLfu(tier),
  gdsf: () => new Gdsf(),
} as const satisfies Record<string, MakePolicy>;

/** Names that a config can give. */
export type EvictionPolicyName = keyof typeof POLICIES;
export const EVICTION_POLICIES = Object.keys(POLICIES) as readonly EvictionPolicyName[];

/** The policy of one tier of this capacity. Throws RangeError for an unknown name. */
export function evictionPolicy(name: EvictionPolicyName, tier: { readonly capacityBytes: number }): EvictionPolicy {
  if (!Object.hasOwn(POLICIES, name)) throw new RangeError(`eviction policy is ${name as string}; expected one of ${EVICTION_POLICIES.join(', ')}`);
  const make: MakePolicy = POLICIES[name];
  return make(tier);
}
