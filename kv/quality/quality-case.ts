/** What is asked of a stitched context, and what came of it. */

/** One continuation or answer to be predicted after a context. */
export interface Probe {
  /** Label to report separately, such as a kind of question. */
  readonly kind: string;
  /** Tokens fed after the context, at the positions that follow it; each probe is on its own. */
  readonly feed: readonly number[];
  /** The true successor of each fed token; −1 where it is not scored. */
  readonly targets: readonly number[];
  /** How much to generate, from which prompt; `reference` is the right text, absent where the full prefill's own text is. */
  readonly generation?: { readonly prompt: readonly number[]; readonly tokens: number; readonly reference?: readonly number[] };
}

/** A context in chunks, the first with BOS, and what is asked about it. */
export interface QualityCase {
  readonly chunks: readonly (readonly number[])[];
  readonly probes: readonly Probe[];
}

/** A cell of the evaluation: how chunks are cached, compressed and joined. */
export interface QualityCell {
  /** A stitching policy, or `no-context`: the question alone, after BOS. */
  readonly policy: string;
  readonly level: string;
  /**
   * Positions between where a chunk was cached and where it belongs; `start` when every chunk was cached from position 0, which is what a
   * store that does not know its readers does.
   */
  readonly shift: number | 'start';
}

/** Answers asked and answered exactly, every scored token being the most likely one. */
export interface ExactCount {
  asked: number;
  exact: number;
}

/** What one case gave in one cell. Sums of cases add up. */
export interface CaseScores {
  readonly tokens: number;
  readonly negativeLogLikelihood: number;
  readonly agreed: number;
  readonly divergence: number;
  readonly exact: Readonly<Record<string, ExactCount>>;
  /** Generated text and what it is compared with; absent where nothing was generated. */
  readonly generated?: { readonly text: string; readonly reference: string };
  readonly contextTokens: number;
  readonly recomputedTokens: number;
  /** Bytes of the chunk caches as stored, and as fp16. */
  readonly storedBytes: number;
  readonly halfBytes: number;
}
