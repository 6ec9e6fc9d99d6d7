/** What a cheap first pass over a BM25 index already knows, before the full search has run. */
import type { Bm25Index, SearchResult } from './bm25-index.ts';

/**
 * `rare-terms` searches only the query's `terms` rarest terms: their posting lists are the shortest, and carry the most
 * score. `query-prefix` searches the first `share` of the query's words, as if the rest were still being typed or spoken.
 */
export type FirstStage = { readonly kind: 'rare-terms'; readonly terms: number } | { readonly kind: 'query-prefix'; readonly share: number };

/** @throws RangeError on an impossible stage. */
export function searchFirstStage(index: Bm25Index, stage: FirstStage, question: string, k: number): SearchResult {
  if (stage.kind === 'query-prefix') {
    if (!(stage.share > 0 && stage.share <= 1)) throw new RangeError(`share of the query is ${stage.share}: expected more than 0, at most 1`);
    const words = question.trim().split(/\s+/);
    return index.search(words.slice(0, Math.ceil(stage.share * words.length)).join(' '), k);
  }
  if (!(Number.isInteger(stage.terms) && stage.terms >= 1)) throw new RangeError(`first-stage terms is ${stage.terms}: expected a whole number of at least 1`);
  // A term that no chunk contains tells nothing. Among equally rare ones the earlier in the query.
  const known = index.terms(question).filter((term) => index.documentFrequency(term) > 0);
  const rarest = known.toSorted((a, b) => index.documentFrequency(a) - index.documentFrequency(b)).slice(0, stage.terms);
  return index.searchTerms(rarest, k);
}
