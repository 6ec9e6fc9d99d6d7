import type { Request } from '../../sim/serving/request.ts';

/** A unit that a request may turn out to need. */
export interface Candidate {
  readonly unit: number;
  /** Probability that it will, as far as the predictor knows. */
  readonly confidence: number;
}

/** Says at its arrival what a request will ask for, before retrieval has. */
export interface Predictor {
  readonly name: string;
  /** Candidates come from the first retrieval stage, which takes its time. */
  readonly needsFirstStage: boolean;
  /** Likely units, likeliest first, none twice. */
  candidates(request: Request): readonly Candidate[];
  /** Retrieval has named the units of a request. */
  learn(request: Request): void;
}

/** Observations that the first guess, an even chance, counts for. */
const PRIOR_WEIGHT = 10;

/** Predicts nothing: only units already known are fetched ahead. */
export class NoPredictor implements Predictor {
  readonly name = 'none';
  readonly needsFirstStage = false;

  candidates(): readonly Candidate[] {
    return [];
  }

  learn(): void {
    // Nothing to learn.
  }
}

/** Knows the future. No predictor can do better: an upper bound, not a policy. */
export class OraclePredictor implements Predictor {
  readonly name = 'oracle';
  readonly needsFirstStage = false;

  candidates({ units }: Request): readonly Candidate[] {
    return [...new Set(units.map(({ id }) => id))].map((unit) => ({ unit, confidence: 1 }));
  }

  learn(): void {
    // It knows.
  }
}

/**
 * The first-stage top-k, known at arrival (speculative pipelining: Jin et al., *RAGCache*, arXiv 2404.12457, section 5.3). Its confidence is the
 * share of first-stage units that were wanted in the end, so far.
 */
export class EarlyRetrieval implements Predictor {
  readonly name = 'early';
  readonly needsFirstStage = true;
  #named = PRIOR_WEIGHT;
  #wanted = PRIOR_WEIGHT / 2;

  candidates({ earlyUnits }: Request): readonly Candidate[] {
    const confidence = this.#wanted / this.#named;
    return [...new Set(earlyUnits)].map((unit) => ({ unit, confidence }));
  }

  learn({ units, earlyUnits }: Request): void {
    if (earlyUnits === undefined) return;
    const wanted = new Set(units.map(({ id }) => id));
    for (const unit of earlyUnits) {
      this.#named++;
      if (wanted.has(unit)) this.#wanted++;
    }
  }
}
