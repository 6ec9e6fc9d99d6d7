/**
 * How a request that has reached the head of its queue gets the KV of each of its units. `always-…` take one way whatever it costs; `cheapest` takes, unit by
 * unit, what is expected to let the first token come soonest: waiting for what this node is fetching or computing already, fetching, or computing;
 * `cheapest-both-ends` may also fetch from the tail of what is missing while it computes from the front, until both meet (Cake: Jin et al., "Compute Or Load KV
 * Cache? Why Not Both?", 2024).
 */
export const DECISIONS = ['always-fetch', 'always-recompute', 'always-both-ends', 'cheapest', 'cheapest-both-ends'] as const;
export type Decision = (typeof DECISIONS)[number];

/**
 * What of a request's prefill may run while its KV still arrives. `none`: nothing. `chunk`: units that have to be computed. `layer`: the question as well, layer by layer
 * behind the arrival (layer-wise loading as in Mooncake, FAST '25, §5.2, and CachedAttention, ATC '24, §3.2.1).
 */
export const OVERLAPS = ['none', 'chunk', 'layer'] as const;
export type Overlap = (typeof OVERLAPS)[number];
