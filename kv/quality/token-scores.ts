/** How a row of logits compares with the true next token and with another row. */

/** Sums over scored tokens; sums of several texts add up. */
export interface TokenScores {
  tokens: number;
  /** Σ −ln p(true next token), nats. */
  negativeLogLikelihood: number;
  /** Tokens whose most likely successor is the reference's. */
  agreed: number;
  /** Σ KL(reference ‖ this), nats. */
  divergence: number;
}

/** Nothing scored yet. */
export function noScores(): TokenScores {
  return { tokens: 0, negativeLogLikelihood: 0, agreed: 0, divergence: 0 };
}

/**
 * Scores rows of logits (tokens × vocab) against the true next tokens and against the reference's logits for the same tokens; with no
 * reference, against themselves. Throws RangeError where sizes differ.
 */
export function scoreTokens(logits: Float32Array, targets: ArrayLike<number>, vocab: number, reference: Float32Array = logits): TokenScores {
  if (logits.length !== targets.length * vocab || reference.length !== logits.length) {
    throw new RangeError(`logits has ${logits.length} elements and reference ${reference.length}; expected ${targets.length} × ${vocab}`);
  }
  const scores = noScores();
  for (let row = 0; row < targets.length; row++) {
    const at = row * vocab;
    const here = logTotal(logits, at, vocab);
    const there = logTotal(reference, at, vocab);
    scores.tokens++;
    scores.negativeLogLikelihood += here.total - logits[at + targets[row]];
    if (here.best === there.best) scores.agreed++;
    if (reference === logits) continue;
    let divergence = 0;
    for (let i = 0; i < vocab; i++) {
      const expected = reference[at + i] - there.total;
      divergence += Math.exp(expected) * (expected - (logits[at + i] - here.total));
    }
    scores.divergence += divergence;
  }
  return scores;
}

/** ln Σ eˣ of a row, and where its largest element lies (the first of equals). */
function logTotal(logits: Float32Array, at: number, vocab: number): { total: number; best: number } {
  let best = 0;
  for (let i = 1; i < vocab; i++) if (logits[at + i] > logits[at + best]) best = i;
  let sum = 0;
  for (let i = 0; i < vocab; i++) sum += Math.exp(logits[at + i] - logits[at + best]);
  return { total: logits[at + best] + Math.log(sum), best };
}
