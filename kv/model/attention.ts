/** Grouped-query softmax attention over keys and values that lie in several pieces. */
import { rowMajor, transposed } from '../tensor/matrix-product.ts';
import type { MatrixProduct } from '../tensor/matrix-product.ts';

/** Queries, [count × heads × headDim], and the number of keys they may meet. */
export interface AttentionProblem {
  readonly query: Float32Array;
  readonly count: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly length: number;
}

/** A stretch of keys and values of one layer, [tokens × kvHeads × headDim]. */
export interface KeyValuePiece {
  readonly tokens: number;
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

/** Fewer queries than this leave the panels of the SIMD kernel part empty; from here on it wins by a factor of two even at a head size of 8. */
const FEW_QUERIES = 4;

/**
 * softmax(q·kᵀ/√headDim)·v for each query and head; query head h reads KV head floor(h·kvHeads/heads). Query i sees the first `visible[i]`
 * keys, less those where `mask` (count × length) is zero; a query that sees nothing gets zeros. Returns [count × heads × headDim].
 */
export function attention(
  problem: AttentionProblem,
  pieces: readonly KeyValuePiece[],
  visible: Int32Array,
  mask: Uint8Array | undefined,
  product: MatrixProduct,
): Float32Array {
  const direct = problem.count < FEW_QUERIES;
  return direct ? byQuery(problem, pieces, visible, mask) : byHead(problem, pieces, visible, mask, product);
}

/** Query by query: skips what is hidden, needs no matrix of scores. */
function byQuery(problem: AttentionProblem, pieces: readonly KeyValuePiece[], visible: Int32Array, mask: Uint8Array | undefined): Float32Array {
  const { query, count, heads, kvHeads, headDim, length } = problem;
  const width = kvHeads * headDim;
  const scale = 1 / Math.sqrt(headDim);
  const weights = new Float64Array(length);
  const slots = new Int32Array(length);
  const scaled = new Float64Array(headDim);
  const sums = new Float64Array(headDim);
  const out = new Float32Array(query.length);
  for (let i = 0; i < count; i++) {
    // Which slots this query sees, as indices within their pieces; `ends` says where each piece's share of the list stops.
    const ends = visibleSlots(pieces, visible[i], mask, i * length, slots);
    const seen = ends[ends.length - 1];
    if (seen === 0) continue;
    for (let head = 0; head < heads; head++) {
      const shared = Math.floor((head * kvHeads) / heads) * headDim;
      const at = (i * heads + head) * headDim;
      for (let d = 0; d < headDim; d++) scaled[d] = query[at + d] * scale;
      let begin = 0;
      for (let piece = 0; piece < pieces.length; piece++) {
        scoreSlots(scaled, pieces[piece].keys, width, shared, slots, begin, ends[piece], weights);
        begin = ends[piece];
      }
      let most = -Infinity;
      for (let n = 0; n < seen; n++) if (weights[n] > most) most = weights[n];
      let total = 0;
      for (let n = 0; n < seen; n++) {
        const weight = Math.exp(weights[n] - most);
        weights[n] = weight;
        total += weight;
      }
      sums.fill(0);
      begin = 0;
      for (let piece = 0; piece < pieces.length; piece++) {
        sumSlots(weights, pieces[piece].values, width, shared, slots, begin, ends[piece], sums);
        begin = ends[piece];
      }
      for (let d = 0; d < headDim; d++) out[at + d] = sums[d] / total;
    }
  }
  return out;
}

/** Lists in `slots` what one query sees of each piece, and returns where each piece's entries end. */
function visibleSlots(pieces: readonly KeyValuePiece[], visible: number, mask: Uint8Array | undefined, maskAt: number, slots: Int32Array): number[] {
  let seen = 0;
  let from = 0;
  return pieces.map(({ tokens }) => {
    const until = Math.min(tokens, visible - from);
    for (let j = 0; j < until; j++) if (mask?.[maskAt + from + j] !== 0) slots[seen++] = j;
    from += tokens;
    return seen;
  });
}

function scoreSlots(query: Float64Array, keys: Float32Array, width: number, shared: number, slots: Int32Array, begin: number, end: number, scores: Float64Array): void {
  const dim = query.length;
  const whole = dim - (dim % 4);
  for (let n = begin; n < end; n++) {
    let k = slots[n] * width + shared;
    let score = 0;
    let d = 0;
    for (; d < whole; d += 4, k += 4) score += query[d] * keys[k] + query[d + 1] * keys[k + 1] + query[d + 2] * keys[k + 2] + query[d + 3] * keys[k + 3];
    for (; d < dim; d++, k++) score += query[d] * keys[k];
    scores[n] = score;
  }
}

function sumSlots(weights: Float64Array, values: Float32Array, width: number, shared: number, slots: Int32Array, begin: number, end: number, sums: Float64Array): void {
  const dim = sums.length;
  const whole = dim - (dim % 4);
  let d = 0;
  // Four elements at a time stay in registers while all slots pass.
  for (; d < whole; d += 4) {
    let s0 = sums[d];
    let s1 = sums[d + 1];
    let s2 = sums[d + 2];
    let s3 = sums[d + 3];
    for (let n = begin; n < end; n++) {
      const weight = weights[n];
      const v = slots[n] * width + shared + d;
      s0 += weight * values[v];
      s1 += weight * values[v + 1];
      s2 += weight * values[v + 2];
      s3 += weight * values[v + 3];
    }
    sums[d] = s0;
    sums[d + 1] = s1;
    sums[d + 2] = s2;
    sums[d + 3] = s3;
  }
  for (; d < dim; d++) {
    let sum = sums[d];
    for (let n = begin; n < end; n++) sum += weights[n] * values[slots[n] * width + shared + d];
    sums[d] = sum;
  }
}

/** Head by head: one matrix of scores for all queries. */
function byHead(problem: AttentionProblem, pieces: readonly KeyValuePiece[], visible: Int32Array, mask: Uint8Array | undefined, product: MatrixProduct): Float32Array {
  const { query, count, heads, kvHeads, headDim, length } = problem;
  const width = kvHeads * headDim;
  const scale = 1 / Math.sqrt(headDim);
  const scores = new Float32Array(count * length);
  const out = new Float32Array(query.length);
  for (let head = 0; head < heads; head++) {
    const shared = Math.floor((head * kvHeads) / heads) * headDim;
    const queries = rowMajor(query, heads * headDim, head * headDim);
    let from = 0;
    for (const { tokens, keys } of pieces) {
      product.multiply(queries, transposed(keys, width, shared), rowMajor(scores, length, from), count, headDim, tokens);
      from += tokens;
    }
    for (let i = 0; i < count; i++) softmaxRow(scores, i * length, length, scale, visible[i], mask);
    const target = rowMajor(out, heads * headDim, head * headDim);
    from = 0;
    for (const { tokens, values } of pieces) {
      product.multiply(rowMajor(scores, length, from), rowMajor(values, width, shared), target, count, tokens, headDim, from > 0);
      from += tokens;
    }
  }
  return out;
}

/** Softmax in place of `scale` × the visible scores of one row; the hidden ones become zero, and so does a row with nothing visible. */
function softmaxRow(scores: Float32Array, at: number, length: number, scale: number, visible: number, mask: Uint8Array | undefined): void {
  let most = -Infinity;
  for (let j = at; j < at + visible; j++) if (mask?.[j] !== 0 && scores[j] > most) most = scores[j];
  let sum = 0;
  for (let j = at; j < at + visible; j++) {
    const weight = mask?.[j] === 0 ? 0 : Math.exp((scores[j] - most) * scale);
    scores[j] = weight;
    sum += weight;
  }
  const share = sum > 0 ? 1 / sum : 0;
  for (let j = at; j < at + visible; j++) scores[j] *= share;
  scores.fill(0, at + visible, at + length);
}
