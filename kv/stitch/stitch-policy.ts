/** What is done to chunk caches before a query attends to them joined. */

/** From doing nothing to recomputing everything. */
export type StitchPolicy =
  /** Joined as they are, at the positions they were cached at: wrong for all but the first. */
  | { readonly kind: 'none' }
  /** Keys rotated to their true positions. */
  | { readonly kind: 'adjust' }
  /** Rotated, and the first `tokens` of every chunk but the first recomputed with all that stands before them in sight (EPIC, Hu et al. 2024). */
  | { readonly kind: 'adjust-first'; readonly tokens: number }
  /** Rotated, and the `share` of tokens whose second-layer keys and values deviate most recomputed (CacheBlend, Yao et al. 2024, one selection). */
  | { readonly kind: 'adjust-deviating'; readonly share: number }
  /** Nothing reused: a prefill of the whole context, the reference. */
  | { readonly kind: 'full' };

/** Short name: `none`, `adjust`, `adjust-first-4`, `adjust-deviating-15%`, `full`. */
export function policyName(policy: StitchPolicy): string {
  if (policy.kind === 'adjust-first') return `adjust-first-${policy.tokens}`;
  if (policy.kind === 'adjust-deviating') return `adjust-deviating-${Number((policy.share * 100).toFixed(3))}%`;
  return policy.kind;
}

/** The policy of a name that `policyName` gives. Throws RangeError for any other. */
export function parsePolicy(name: string): StitchPolicy {
  if (name === 'none' || name === 'adjust' || name === 'full') return { kind: name };
  const first = /^adjust-first-(\d{1,9})$/.exec(name);
  if (first !== null) return { kind: 'adjust-first', tokens: Number(first[1]) };
  const deviating = /^adjust-deviating-(\d{1,3}(?:\.\d{1,3})?)%$/.exec(name);
  if (deviating !== null && Number(deviating[1]) <= 100) return { kind: 'adjust-deviating', share: Number(deviating[1]) / 100 };
  throw new RangeError(`stitching policy is ${name}; expected none, adjust, adjust-first-K, adjust-deviating-R% or full`);
}
