/** Masked grouped-query attention of one example, forward keeping its probabilities, and back. */
import { rowMajor, transposed } from '../tensor/matrix-product.ts';
import type { MatrixProduct, Reals } from '../tensor/matrix-product.ts';
import type { ExampleRows } from './gradient.ts';

/** Number and size of the heads. */
export interface HeadShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/**
 * Writes softmax(q·kᵀ/√d, masked)·v into `context` for the rows of one example; all arrays hold the rows of the whole batch. Returns the
 * probabilities, heads × n × n.
 */
export function attentionForward(
  shape: HeadShape,
  example: ExampleRows,
  query: Reals,
  key: Reals,
  value: Reals,
  context: Reals,
  product: MatrixProduct,
  make: (length: number) => Reals,
): Reals {
  const { heads, kvHeads, headDim } = shape;
  const { first, count, mask } = example;
  const queryDim = heads * headDim;
  const width = kvHeads * headDim;
  const probabilities = make(heads * count * count);
  const scale = 1 / Math.sqrt(headDim);
  for (let head = 0; head < heads; head++) {
    const shared = first * width + Math.floor((head * kvHeads) / heads) * headDim;
    const own = first * queryDim + head * headDim;
    const at = head * count * count;
    product.multiply(rowMajor(query, queryDim, own), transposed(key, width, shared), rowMajor(probabilities, count, at), count, headDim, count);
    for (let i = 0; i < count; i++) maskedSoftmax(probabilities, at + i * count, count, scale, mask, i * count);
    product.multiply(rowMajor(probabilities, count, at), rowMajor(value, width, shared), rowMajor(context, queryDim, own), count, count, headDim);
  }
  return probabilities;
}

function maskedSoftmax(scores: Reals, at: number, count: number, scale: number, mask: Uint8Array, maskAt: number): void {
  let most = -Infinity;
  for (let j = 0; j < count; j++) if (mask[maskAt + j] !== 0 && scores[at + j] > most) most = scores[at + j];
  let sum = 0;
  for (let j = 0; j < count; j++) {
    const weight = mask[maskAt + j] === 0 ? 0 : Math.exp((scores[at + j] - most) * scale);
    scores[at + j] = weight;
    sum += weight;
  }
  for (let j = 0; j < count; j++) scores[at + j] /= sum;
}

/** Adds the slopes of query, key and value that follow from the slope of the context. Query heads that share a KV head add to the same place. */
export function attentionBackward(
  shape: HeadShape,
  example: ExampleRows,
  tape: { readonly query: Reals; readonly key: Reals; readonly value: Reals },
  probabilities: Reals,
  contextSlope: Reals,
  slopes: { readonly querySlope: Reals; readonly keySlope: Reals; readonly valueSlope: Reals },
  product: MatrixProduct,
  make: (length: number) => Reals,
): void {
  const { heads, kvHeads, headDim } = shape;
  const { first, count } = example;
  const queryDim = heads * headDim;
  const width = kvHeads * headDim;
  const scale = 1 / Math.sqrt(headDim);
  const scoreSlope = make(count * count);
  for (let head = 0; head < heads; head++) {
    const shared = first * width + Math.floor((head * kvHeads) / heads) * headDim;
    const own = first * queryDim + head * headDim;
    const at = head * count * count;
    const outSlope = rowMajor(contextSlope, queryDim, own);
    product.multiply(transposed(probabilities, count, at), outSlope, rowMajor(slopes.valueSlope, width, shared), count, count, headDim, true);
    product.multiply(outSlope, transposed(tape.value, width, shared), rowMajor(scoreSlope, count), count, headDim, count);
    // Through the softmax: p∘(y − Σ p∘y); the scale of the scores joins here.
    for (let i = 0; i < count; i++) {
      let along = 0;
      for (let j = i * count; j < (i + 1) * count; j++) along += probabilities[at + j] * scoreSlope[j];
      for (let j = i * count; j < (i + 1) * count; j++) scoreSlope[j] = probabilities[at + j] * (scoreSlope[j] - along) * scale;
    }
    product.multiply(rowMajor(scoreSlope, count), rowMajor(tape.key, width, shared), rowMajor(slopes.querySlope, queryDim, own), count, count, headDim, true);
    product.multiply(transposed(scoreSlope, count), rowMajor(tape.query, queryDim, own), rowMajor(slopes.keySlope, width, shared), count, count, headDim, true);
  }
}
